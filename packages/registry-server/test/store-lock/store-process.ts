import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundleEntry } from '../bundle-entry.js';

const ENTRY = fileURLToPath(new URL('./store-entry.ts', import.meta.url));

export function bundleStore(folder: string): Promise<string> {
  return bundleEntry(ENTRY, folder);
}

export interface StoreAnswer {
  readonly outcome: 'open' | 'in use' | 'failed' | 'closed';
  readonly message?: string;
  readonly warnings: readonly string[];
}

/** Another process, which opens a store when it is told to. */
export class StoreProcess {
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown>;
  readonly #answers: AsyncIterator<string>;

  /** @param wrapper - a command that runs another one: `unshare --pid …`. It has to end with it, and to take it along. */
  constructor(program: string, directory: string, wrapper: readonly string[] = []) {
    const [file = '', ...args] = [...wrapper, process.execPath, program, directory, 'told'];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#end = once(child, 'close');
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Opens the store, and keeps it open. */
  open(): Promise<StoreAnswer> {
    return this.#tell('open');
  }

  close(): Promise<StoreAnswer> {
    return this.#tell('close');
  }

  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy(); // what a wrapper leaves behind ends with its input
    await this.#end;
  }

  async #tell(line: string): Promise<StoreAnswer> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the process ended before it answered: ${line}`);
    return JSON.parse(value);
  }
}
