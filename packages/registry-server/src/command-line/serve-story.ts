import type { Configuration } from '../config/configuration.js';
import { createLog, type Log } from '../log/create-log.js';
import { logRequests, type RequestLog } from '../log/log-requests.js';
import type { Output } from '../log/output.js';
import { StatusLine } from '../log/status-line.js';
import type { Quine, QuineProgress } from '../quine/build-quine.js';
import { QUINE_REPOSITORY, QUINE_TAG } from '../quine/quine-storage.js';
import { showBuildProgress } from './build-progress.js';
import { formatAuthority, formatCallableHost } from './callable-host.js';
import type { StopSignal } from './stop-signals.js';
import { VERSION } from './version.js';

/**
 * What a server tells of its life: lines for people where someone is watching, JSON lines where they are collected.
 * Everything goes to standard output; standard error is for the one line that says why the server ended.
 */
export class ServeStory {
  readonly requests: RequestLog;
  readonly log: Log;
  readonly #pretty: boolean;
  readonly #status: StatusLine | undefined;

  constructor({ format, level }: Configuration['log'], output: Output) {
    const isTerminal = output.isTTY === true;
    this.#pretty = format === 'pretty' || (format === 'auto' && isTerminal);
    const status = this.#pretty && isTerminal ? new StatusLine(output) : undefined;
    this.#status = status;
    this.log = createLog({
      level,
      format: this.#pretty ? 'pretty' : 'json',
      colors: output.hasColors?.() ?? false,
      write: (line) => (status ?? output).write(line),
    });
    this.requests = logRequests(this.log);
  }

  tellStart(): void {
    this.log.info({ version: VERSION, node: process.version }, 'starting quinistry');
  }

  /** @param address - `host` as it was asked for; `secure` where it is https. */
  tellAddress({ host, port, secure }: { host: string; port: number; secure: boolean }): void {
    this.log.info({ url: `${secure ? 'https' : 'http'}://${formatAuthority(host, port)}` }, 'listening');
    if (this.#pretty) {
      const authority = formatAuthority(formatCallableHost(host), port);
      this.log.info(`try it: docker pull ${authority}/${QUINE_REPOSITORY}:${QUINE_TAG}`);
    }
  }

  tellMetrics(host: string, port: number): void {
    this.log.info({ url: `http://${formatAuthority(host, port)}/metrics` }, 'serving metrics');
  }

  /** Tells of the building of the image while `build` is at it, and of what came out. */
  async tellBuild(build: (onProgress: (progress: QuineProgress) => void) => Promise<Quine>): Promise<Quine> {
    const startedAt = performance.now();
    const status = this.#status;
    try {
      const quine = await build(status === undefined ? () => {} : showBuildProgress(status));
      const [docker] = quine.images;
      const bytes = docker.manifest.value.layers.reduce((sum, { size }) => sum + size, 0);
      const durationMs = Math.round(performance.now() - startedAt);
      status?.clear();
      this.log.info({ digest: docker.digest, bytes, durationMs }, 'built the image');
      return quine;
    } finally {
      status?.clear();
    }
  }

  tellStop(signal: StopSignal): void {
    this.log.info({ signal }, 'stopping');
  }

  /** Leaves the terminal as it should be. */
  end(): void {
    this.#status?.clear();
  }
}
