import type * as z from 'zod';
import type { ConfigurationFile } from './configuration-file.js';
import { FLAGS, flagName } from './flags.js';
import type { GivenSetting } from './given-settings.js';
import { formatPath } from './setting-path.js';
import { keysAt } from './settings.js';

type Issue = z.core.$ZodIssue;

const MAX_SHOWN_CHARACTERS = 80;

/** The settings as they were put together, and where they came from, so that a problem can be told where it can be mended. */
export interface IssueSources {
  readonly value: unknown;
  readonly given: readonly GivenSetting[];
  readonly file?: ConfigurationFile | undefined;
}

/** One line for each thing that is wrong. */
export function describeIssue(issue: Issue, sources: IssueSources): string[] {
  if (issue.code === 'unrecognized_keys') return describeUnknownKeys(issue, sources);
  const { path } = issue;
  const input = valueAt(sources.value, path);
  const given = sources.given.find((setting) => setting.path.every((key, index) => key === path[index]));
  if (given !== undefined) return [`${given.source} is ${show(input)}; expected ${expected(issue)}`];
  const place = sources.file === undefined ? '' : `${sources.file.locate(path)}: `;
  const name = formatPath(path);
  if (input === undefined) return [`${place}${name} is missing${otherWays(path)}; expected ${expected(issue)}`];
  return [`${place}${name} is ${show(input)}; expected ${expected(issue)}`];
}

function describeUnknownKeys(
  { path, keys }: Extract<Issue, { code: 'unrecognized_keys' }>,
  { file }: Pick<IssueSources, 'file'>,
) {
  const known = keysAt(path);
  const section = path.length === 0 ? 'the configuration' : formatPath(path);
  const choice = known.length === 0 ? '' : `; ${section} has ${known.join(', ')}`;
  return keys.map((key) => {
    const place = file === undefined ? '' : `${file.locateKey([...path, key])}: `;
    return `${place}${formatPath([...path, key])} is no setting${choice}`;
  });
}

/** The schema's own messages are what was expected; others come in the words of zod. */
function expected(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'a section with settings of its own';
  return issue.message.replace(/^(?:[^:]+: )?expected /, '').replace(/, received .*$/, '');
}

function otherWays(path: readonly PropertyKey[]): string {
  const flag = FLAGS.find((candidate) => candidate.path === path.join('.'));
  return flag === undefined ? '' : ` (${flagName(flag)} gives it too)`;
}

/** A single value stands for a list of one in places; what is wrong with that one is wrong with the value. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : found),
    value,
  );
}

/** Settings hold no secrets, only the names of files that do; so what was typed can be shown. */
function show(input: unknown): string {
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  if (typeof input === 'object' && input !== null) return 'a section';
  const text = JSON.stringify(input) ?? 'nothing';
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}
