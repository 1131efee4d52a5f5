/** The flags of `quinistry serve`, for commander. */
import { type Command, Option } from 'commander';
import { FLAGS, type Flag, flagName } from '../config/flags.js';
import type { GivenFlags } from '../config/given-settings.js';
import { listSettings, type Setting } from '../config/settings.js';

const HEADINGS: Readonly<Record<string, string>> = {
  server: 'Where to listen:',
  storage: 'What to keep:',
  access: 'Who may do what:',
  policy: 'What is allowed:',
  garbageCollection: 'Garbage collection:',
  cors: 'Browsers:',
  operations: 'Operations:',
  log: 'Log:',
};

/** Declares the flags. Defaults are told, but not filled in: only what was typed may win over a file. */
export function addServeFlags(command: Command): Command {
  const settings = new Map(listSettings().map((setting) => [setting.path, setting]));
  command.option('--config <file>', 'configuration file in YAML or JSON; flags win over it');
  for (const flag of FLAGS) command.addOption(createOption(flag, settings.get(flag.path)));
  return command;
}

function createOption(flag: Flag, setting: Setting | undefined): Option {
  const { declaration, path, variable, reads } = flag;
  const notes = [
    ...(variable === undefined ? [] : [`also from ${variable}`]),
    ...(reads === 'list' ? ['may be repeated'] : []),
    ...defaultNote(flag, setting),
  ];
  const description = flag.description ?? setting?.description ?? '';
  const text = notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
  const option = new Option(declaration, text).helpGroup(HEADINGS[path.split('.')[0] ?? ''] ?? 'Options:');
  return reads === 'list' ? option.argParser(append) : option;
}

function defaultNote({ value }: Flag, setting: Setting | undefined): readonly string[] {
  const { defaultValue } = setting ?? {};
  if (value !== undefined || defaultValue === undefined || Array.isArray(defaultValue)) return [];
  return [`default: ${defaultValue}`];
}

function append(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** The flags that were typed, by their names. */
export function givenFlags(command: Command): GivenFlags {
  const given = command.options.flatMap((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') return [];
    return [[option.long ?? name, command.getOptionValue(name)] as const];
  });
  const known = new Set(FLAGS.map(flagName));
  return Object.fromEntries(given.filter(([name]) => known.has(name)));
}
