/** Programs of this machine: run to their end, or kept in the background and ended by their process id. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from './scope.js';

/** A command that hangs fails the test that called it, and not its whole file. */
const RUN_TIMEOUT_MS = 120_000;
/** Longer than the 10 seconds in which the server finishes what is in flight. */
const STOP_TIMEOUT_MS = 15_000;
const WAIT_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
/** Characters of a background program's output that are kept to be shown; an engine's log is long. */
const MAX_OUTPUT_CHARACTERS = 200_000;

export interface RunOptions {
  readonly cwd?: string | undefined;
  /** Added to the environment of the test. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Standard output of a program that ends by itself, without the white space around it.
 *
 * @throws {Error} with all that the program printed, where it exits with anything but 0.
 */
export function run(file: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 << 20 };
    execFile(file, args, options, (failure, stdout, stderr) => {
      if (failure === null) resolve(stdout.trim());
      else reject(new Error(`${[file, ...args].join(' ')}: ${failure.message}\n${stdout}${stderr}`));
    });
  });
}

/** How a process ended: `code` is null where a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs until it is told to stop. It ends with its scope at the latest. */
export class BackgroundProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** How it ended, once it has. Rejects where it could not be started. */
  readonly exit: Promise<Exit>;
  #output = '';

  constructor(scope: Scope, file: string, args: readonly string[], { cwd, env }: RunOptions = {}) {
    this.#name = file;
    this.#child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#child.on('error', (failure) => {
      this.#output += `${failure}\n`;
    });
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.exit.catch(() => undefined); // `hasExited` and `output` tell as well.
    scope.defer(() => this.stop());
  }

  /** Both streams, as far as they have come. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends SIGTERM and waits; SIGKILL to what does not react in time. Returns at once where it has ended before. */
  async stop(): Promise<Exit | undefined> {
    if (this.#child.pid === undefined) return undefined;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.#child.kill('SIGTERM');
    try {
      return await this.exit;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until `isReady` holds, and fails with the program's output where it exits first or takes too long. */
  async waitUntil(isReady: () => Promise<boolean>): Promise<void> {
    for (const started = performance.now(); performance.now() - started < WAIT_TIMEOUT_MS; ) {
      if (this.hasExited) throw new Error(`${this.#name} has exited:\n${this.output}`);
      if (await isReady()) return;
      await delay(POLL_INTERVAL_MS);
    }
    throw new Error(`${this.#name} is not ready after ${WAIT_TIMEOUT_MS} ms:\n${this.output}`);
  }
}

/** Whether a program exits with 0. */
export async function succeeds(file: string, args: readonly string[], options?: RunOptions): Promise<boolean> {
  return run(file, args, options).then(
    () => true,
    () => false,
  );
}
