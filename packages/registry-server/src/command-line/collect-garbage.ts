import { DURATION_FORM, parseDuration } from '../config/duration.js';
import { formatByteCount } from '../log/byte-count.js';
import { printable } from '../log/printable.js';
import { writeOutput } from '../log/write-output.js';
import type { Garbage } from '../storage/registry-store.js';
import { parseChoice } from './choice.js';
import type { CommandContext } from './command-context.js';
import { EXIT_STATUS } from './exit-status.js';
import { REPORT_FORMATS, type ReportFormat } from './report-format.js';
import { receiveStopSignals, signalExitStatus } from './stop-signals.js';
import { demandDirectory } from './storage-directory.js';
import { UsageError } from './usage-error.js';

/** As typed. */
export interface CollectGarbageFlags {
  readonly dryRun?: boolean | undefined;
  readonly grace: string;
  readonly untagged?: boolean | undefined;
  readonly format: string;
}

/**
 * `quinistry gc`: removes what nothing refers to from a directory that no server has open, and reports what that frees.
 * A server collects its own garbage.
 *
 * @returns the exit status.
 * @throws {UsageError} for flags that make no sense, and for a directory that is not there.
 * @throws {OciError} `STORE_IN_USE`, `FILE_UNREADABLE`
 */
export async function collectGarbage(
  directory: string,
  flags: CollectGarbageFlags,
  context: CommandContext,
): Promise<number> {
  const format = parseChoice('--format', flags.format, REPORT_FORMATS);
  const graceMs = parseDuration(flags.grace);
  if (graceMs === undefined) {
    throw new UsageError(`--grace is ${JSON.stringify(flags.grace)}; expected ${DURATION_FORM}`);
  }
  await demandDirectory(directory);
  const { dryRun = false, untagged = false } = flags;
  const stop = receiveStopSignals(context.signals);
  const over = new AbortController();
  void stop.asked.then(() => over.abort());
  const { openDirectoryStore } = await import('../storage/directory/directory-store.js');
  const warn = (message: string) => context.stderr.write(`quinistry: ${printable(message)}\n`);
  const store = await openDirectoryStore(directory, { onWarning: warn });
  try {
    const report = new GarbageReport(format, dryRun, (text) => writeOutput(context.stdout, text));
    for await (const garbage of store.collectGarbage({ graceMs, untagged, dryRun, signal: over.signal })) {
      await report.add(garbage);
    }
    await report.end();
    return EXIT_STATUS.success;
  } catch (error) {
    if (over.signal.aborted) return signalExitStatus(await stop.asked);
    throw error;
  } finally {
    stop.dispose();
    await store.close();
  }
}

class GarbageReport {
  readonly #format: ReportFormat;
  readonly #dryRun: boolean;
  readonly #write: (text: string) => Promise<void>;
  readonly #counts = { blob: 0, manifest: 0, upload: 0 };
  #bytes = 0;

  constructor(format: ReportFormat, dryRun: boolean, write: (text: string) => Promise<void>) {
    this.#format = format;
    this.#dryRun = dryRun;
    this.#write = write;
  }

  /** Written at once: what was removed is on record, whatever happens next. One JSON object a line. */
  async add(garbage: Garbage): Promise<void> {
    const { kind, repository, name, size } = garbage;
    this.#counts[kind] += 1;
    this.#bytes += size;
    const columns = [kind.padEnd(8), formatByteCount(size).padStart(9), repository, name];
    await this.#write(this.#format === 'json' ? `${JSON.stringify(garbage)}\n` : `${columns.join('  ')}\n`);
  }

  async end(): Promise<void> {
    const { blob, manifest, upload } = this.#counts;
    if (this.#format === 'json') {
      const total = { blobs: blob, manifests: manifest, uploads: upload, bytes: this.#bytes, dryRun: this.#dryRun };
      await this.#write(`${JSON.stringify({ total })}\n`);
      return;
    }
    const what = [count(blob, 'blob'), count(manifest, 'manifest'), count(upload, 'upload')].join(', ');
    await this.#write(`${what}: ${formatByteCount(this.#bytes)} ${this.#dryRun ? 'would be freed' : 'freed'}\n`);
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
