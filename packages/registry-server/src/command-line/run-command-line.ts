import { inspect } from 'node:util';
import { Command, CommanderError, Option } from 'commander';
import { LOG_LEVELS } from '../log/create-log.js';
import type { CommandContext } from './command-context.js';
import { describeFailure } from './describe-failure.js';
import { IMAGE_FAMILIES, printDigest } from './digest.js';
import { EXIT_STATUS } from './exit-status.js';
import { serve } from './serve.js';
import {
  DEFAULT_HOST,
  DEFAULT_PORT,
  LOG_FORMATS,
  parseChoice,
  parseServeOptions,
  type ServeFlags,
} from './serve-options.js';
import { UsageError } from './usage-error.js';
import { VERSION } from './version.js';

/**
 * The command `quinistry`.
 *
 * @param args - without the executable and the script.
 * @returns the exit status; a failure has been told on standard error by then, in one line.
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const { env, stderr } = context;
  let status: number = EXIT_STATUS.success;
  let debug = env.QUINISTRY_DEBUG !== undefined && env.QUINISTRY_DEBUG !== '';
  const program = createProgram(context, {
    async serve(flags) {
      const options = parseServeOptions(flags, env);
      debug ||= options.logLevel === 'debug' || options.logLevel === 'trace';
      status = await serve(options, context);
    },
    async digest({ format }) {
      status = await printDigest(parseChoice('--format', format, IMAGE_FAMILIES), context);
    },
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    // So commander ends --help and --version.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_STATUS.success;
    const failure = describeFailure(error);
    stderr.write(`${failure.line}\n`);
    if (debug) stderr.write(`${inspect(error)}\n`);
    return failure.status;
  }
}

interface DigestFlags {
  readonly format: string;
}

interface Actions {
  readonly serve: (flags: ServeFlags) => Promise<void>;
  readonly digest: (flags: DigestFlags) => Promise<void>;
}

function createProgram({ stdout, stderr }: CommandContext, actions: Actions): Command {
  const program = new Command('quinistry')
    .description('A container registry that serves one image: itself.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => {}, // told in one line at the end, like every other failure
      getOutHelpWidth: () => stdout.columns ?? 80,
      getOutHasColors: () => stdout.hasColors?.() ?? false,
    });

  const serveCommand = program
    .command('serve', { isDefault: true })
    .description('serve the image of this very server (the default)')
    .addOption(withDefault('--host <address>', 'where to listen, also from HOST', DEFAULT_HOST))
    .addOption(withDefault('--port <number>', 'port to listen on, also from PORT; 0 takes a free one', DEFAULT_PORT))
    .addOption(
      withDefault(
        '--log-format <format>',
        `${LOG_FORMATS.join(', ')}; auto is pretty on a terminal, else json`,
        'auto',
      ),
    )
    .addOption(withDefault('--log-level <level>', LOG_LEVELS.join(', '), 'info'))
    .allowExcessArguments()
    .action((flags: ServeFlags, command: Command) => {
      refuseSurplus(program, command);
      return actions.serve(flags);
    });

  program
    .command('digest')
    .description("print the digest of the image's manifest, and serve nothing")
    .option('--format <format>', IMAGE_FAMILIES.join(' or '), 'docker')
    .allowExcessArguments()
    .action((flags: DigestFlags, command: Command) => {
      refuseSurplus(program, command);
      return actions.digest(flags);
    });

  program.addHelpText('after', () => `\n${serveCommand.helpInformation()}`);
  return program;
}

/** commander hands whatever it does not know to the default command, and would count arguments rather than name them. */
function refuseSurplus(program: Command, { args: [surplus] }: Command): void {
  if (surplus === undefined) return;
  const isCommand = (name: string | undefined) => program.commands.some((command) => command.name() === name);
  if (isCommand(program.args[0])) throw new UsageError(`unexpected argument '${surplus}'`);
  if (isCommand(surplus)) throw new UsageError(`the command ${surplus} goes before its options`);
  throw new UsageError(`unknown command '${surplus}'`);
}

/** The default is told, but not filled in: only what was typed may win over the environment. */
function withDefault(flags: string, description: string, value: string | number): Option {
  return new Option(flags, `${description} (default: ${value})`);
}
