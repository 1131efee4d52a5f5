import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { parseChoice } from './choice.js';
import { type CollectGarbageFlags, collectGarbage } from './collect-garbage.js';
import type { CommandContext } from './command-context.js';
import { describeFailure } from './describe-failure.js';
import { IMAGE_FAMILIES, printDigest } from './digest.js';
import { EXIT_STATUS } from './exit-status.js';
import { REPORT_FORMATS } from './report-format.js';
import { serve } from './serve.js';
import { addServeFlags } from './serve-command.js';
import { loadServeConfiguration } from './serve-configuration.js';
import { UsageError } from './usage-error.js';
import { type VerifyFlags, verify } from './verify.js';
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
    async serve(command) {
      const loading = loadServeConfiguration(command, env).then((configuration) => {
        debug ||= configuration.log.level === 'debug' || configuration.log.level === 'trace';
        return configuration;
      });
      status = await serve(loading, context);
    },
    async gc(directory, flags) {
      status = await collectGarbage(directory, flags, context);
    },
    async verify(directory, flags) {
      status = await verify(directory, flags, context);
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
    for (const line of failure.lines) stderr.write(`${line}\n`);
    if (debug) stderr.write(`${inspect(error)}\n`);
    return failure.status;
  }
}

interface FormatFlags {
  readonly format: string;
}

interface Actions {
  readonly serve: (command: Command) => Promise<void>;
  readonly gc: (directory: string, flags: CollectGarbageFlags) => Promise<void>;
  readonly verify: (directory: string, flags: VerifyFlags) => Promise<void>;
  readonly digest: (flags: FormatFlags) => Promise<void>;
}

function createProgram({ stdout, stderr }: CommandContext, actions: Actions): Command {
  const program = new Command('quinistry')
    .description('A container registry that serves itself, and whatever else is pushed to it.')
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

  const serveCommand = addServeFlags(program.command('serve', { isDefault: true }))
    .description('serve the image of this very server, and what is pushed where there is a --storage (the default)')
    .allowExcessArguments()
    .action((_flags: unknown, command: Command) => {
      refuseSurplus(program, command);
      return actions.serve(command);
    });

  program
    .command('digest')
    .description("print the digest of the image's manifest, and serve nothing")
    .option('--format <format>', IMAGE_FAMILIES.join(' or '), 'docker')
    .allowExcessArguments()
    .action((flags: FormatFlags, command: Command) => {
      refuseSurplus(program, command);
      return actions.digest(flags);
    });

  program
    .command('gc')
    .description('remove what nothing refers to from a directory that no server has open')
    .argument('<directory>', 'as in --storage')
    .option('--dry-run', 'report, and remove nothing')
    .option('--grace <duration>', 'how long such content stays after it was last written or asked for', '1h')
    .option('--untagged', 'remove manifests that no tag, index or referrer holds as well')
    .option('--format <format>', REPORT_FORMATS.join(' or '), 'table')
    .allowExcessArguments()
    .action((directory: string, flags: CollectGarbageFlags, command: Command) => {
      refuseSurplus(program, command, 1);
      return actions.gc(directory, flags);
    });

  program
    .command('verify')
    .description('recompute every digest in a directory, follow every reference, and name what is wrong')
    .argument('<directory>', 'as in --storage')
    .option('--sparse', 'say nothing of what manifests name that is not there, as serve --sparse takes them')
    .option('--format <format>', REPORT_FORMATS.join(' or '), 'table')
    .allowExcessArguments()
    .action((directory: string, flags: VerifyFlags, command: Command) => {
      refuseSurplus(program, command, 1);
      return actions.verify(directory, flags);
    });

  program.addHelpText('after', () => `\n${serveCommand.helpInformation()}`);
  return program;
}

/** commander hands whatever it does not know to the default command, and would count arguments rather than name them. */
function refuseSurplus(program: Command, { args }: Command, wanted = 0): void {
  const surplus = args[wanted];
  if (surplus === undefined) return;
  const isCommand = (name: string | undefined) => program.commands.some((command) => command.name() === name);
  if (isCommand(program.args[0])) throw new UsageError(`unexpected argument '${surplus}'`);
  if (isCommand(surplus)) throw new UsageError(`the command ${surplus} goes before its options`);
  throw new UsageError(`unknown command '${surplus}'`);
}
