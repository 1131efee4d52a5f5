import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LICENSES_FILE } from '../../quine/quine-paths.js';

/** What `npm run build` makes. */
const BUILT = fileURLToPath(new URL('../../../dist', import.meta.url));

/** A copy of the built command: another build, while tests run, would pull it from under them. */
export interface CommandCopy {
  readonly bundle: string;
  remove(): Promise<void>;
}

export async function copyCommand(): Promise<CommandCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'quinistry-'));
  for (const name of ['quinistry.mjs', LICENSES_FILE]) await copyFile(join(BUILT, name), join(folder, name));
  return { bundle: join(folder, 'quinistry.mjs'), remove: () => rm(folder, { recursive: true }) };
}

/** How a process ended: `status` is `null` where a signal ended it that it does not handle. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The command as a process of its own. */
export class CommandProcess {
  readonly child: ChildProcess;
  readonly end: Promise<ProcessEnd>;
  stdout = '';
  stderr = '';
  readonly #failed: Promise<never>;

  constructor(bundle: string, args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [bundle, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.end = once(child, 'close').then(([status, signal]) => ({ status, signal }));
    this.#failed = this.end.then(() => {
      throw new Error(`the process ended: ${this.stdout}${this.stderr}`);
    });
    this.#failed.catch(() => {});
  }

  /** Waits for a line of the log, and gives it. */
  record(message: string): Promise<Record<string, unknown>> {
    const found = new Promise<Record<string, unknown>>((resolve) => {
      const look = () => {
        const line = this.stdout.split('\n').find((candidate) => candidate.includes(`"msg":"${message}"`));
        if (line?.endsWith('}')) resolve(JSON.parse(line));
      };
      this.child.stdout?.on('data', look);
      look();
    });
    return Promise.race([found, this.#failed]);
  }
}
