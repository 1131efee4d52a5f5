import type { ImageFamily } from '@quinistry/oci-image/spec';
import { StatusLine } from '../log/status-line.js';
import { writeOutput } from '../log/write-output.js';
import { showBuildProgress } from './build-progress.js';
import type { CommandContext } from './command-context.js';
import { EXIT_STATUS } from './exit-status.js';
import { receiveStopSignals, signalExitStatus } from './stop-signals.js';
import { VERSION } from './version.js';

export const IMAGE_FAMILIES: readonly ImageFamily[] = ['docker', 'oci'];

/**
 * `quinistry digest`: builds the image and prints the digest of its manifest, and nothing else, on standard output.
 *
 * @returns the exit status.
 * @throws {OutputError} where the digest cannot be written; what {@link CommandContext.buildQuine} throws.
 */
export async function printDigest(family: ImageFamily, context: CommandContext): Promise<number> {
  const stop = receiveStopSignals(context.signals);
  const building = new AbortController();
  const status = context.stderr.isTTY === true ? new StatusLine(context.stderr) : undefined;
  try {
    const quine = context.buildQuine({
      application: context.application,
      version: VERSION,
      signal: building.signal,
      ...(status !== undefined && { onProgress: showBuildProgress(status) }),
    });
    quine.catch(() => {}); // once stopped, nobody waits for it
    const outcome = await Promise.race([quine, stop.asked]);
    if (typeof outcome === 'string') return signalExitStatus(outcome);
    const [docker, oci] = outcome.images;
    status?.clear();
    await writeOutput(context.stdout, `${{ docker, oci }[family].digest}\n`);
    return EXIT_STATUS.success;
  } finally {
    status?.clear();
    building.abort();
    stop.dispose();
  }
}
