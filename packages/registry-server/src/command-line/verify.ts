import { printable } from '../log/printable.js';
import { writeOutput } from '../log/write-output.js';
import { parseChoice } from './choice.js';
import type { CommandContext } from './command-context.js';
import { EXIT_STATUS } from './exit-status.js';
import { REPORT_FORMATS, type ReportFormat } from './report-format.js';
import { receiveStopSignals, signalExitStatus } from './stop-signals.js';
import { demandDirectory } from './storage-directory.js';

export interface VerifyFlags {
  readonly format: string;
  readonly sparse?: boolean;
}

/**
 * `quinistry verify`: recomputes every digest and follows every reference in a directory, and names what is wrong. It
 * changes nothing, and a server may run meanwhile.
 *
 * @returns the exit status: 1 where anything is wrong.
 * @throws {UsageError} for a directory that is not there.
 */
export async function verify(directory: string, flags: VerifyFlags, context: CommandContext): Promise<number> {
  const format = parseChoice('--format', flags.format, REPORT_FORMATS);
  await demandDirectory(directory);
  const stop = receiveStopSignals(context.signals);
  try {
    const outcome = await Promise.race([report(directory, flags, format, context), stop.asked]);
    if (typeof outcome === 'string') return signalExitStatus(outcome);
    return outcome === 0 ? EXIT_STATUS.success : EXIT_STATUS.failure;
  } finally {
    stop.dispose();
  }
}

/** @returns how many things are wrong. */
async function report(
  directory: string,
  { sparse }: VerifyFlags,
  format: ReportFormat,
  { stdout }: CommandContext,
): Promise<number> {
  const { verifyDirectory } = await import('../storage/directory/verify-directory.js');
  let findings = 0;
  let repositories = 0;
  const onRepository = () => {
    repositories += 1;
  };
  for await (const { path, problem, expected } of verifyDirectory(directory, { sparse, onRepository })) {
    findings += 1;
    const line = `${printable(path)}: ${printable(problem)}; expected ${printable(expected)}`;
    await writeOutput(stdout, `${format === 'json' ? JSON.stringify({ path, problem, expected }) : line}\n`);
  }
  await writeOutput(stdout, summary(format, findings, repositories));
  return findings;
}

/** Nothing is wrong with an empty directory either, and whoever meant another one should see that. */
function summary(format: ReportFormat, findings: number, repositories: number): string {
  if (format === 'json') return `${JSON.stringify({ total: { findings, repositories } })}\n`;
  if (findings > 0) return `${findings} ${findings === 1 ? 'thing is' : 'things are'} wrong\n`;
  return `everything is as it should be in ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}\n`;
}
