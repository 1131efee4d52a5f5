import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundleEntry } from '../bundle-entry.js';

const ENTRY = fileURLToPath(new URL('./server-entry.ts', import.meta.url));

/** @returns the path of the program. */
export function bundleServer(folder: string): Promise<string> {
  return bundleEntry(ENTRY, folder);
}

export interface CollectionSettings {
  readonly graceMs: number;
  readonly untagged: boolean;
}

/** A server that runs until it is killed or asked to stop. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown>;
  readonly #port: Promise<number>;
  /** What it complained of. */
  stderr = '';

  constructor(program: string, directory: string, { graceMs, untagged }: CollectionSettings) {
    const args = [program, directory, String(graceMs), untagged ? 'untagged' : ''];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#end = once(child, 'close');
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#port = Promise.race([
      once(child.stdout, 'data').then(([text]) => Number(String(text))),
      this.#end.then(() => {
        throw new Error(`the server ended before it listened: ${this.stderr}`);
      }),
    ]);
    this.#port.catch(() => {});
  }

  /** Resolves once it listens. */
  port(): Promise<number> {
    return this.#port;
  }

  /** From now on, garbage is collected all the time. */
  startCollecting(): void {
    this.#child.kill('SIGUSR2');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#end;
  }

  /** @returns the exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#end;
    return this.#child.exitCode;
  }
}
