import { EventEmitter } from 'node:events';
import { startServer } from '../../node-server.js';
import type { CommandContext } from '../command-context.js';
import { runCommandLine } from '../run-command-line.js';
import type { StopSignal } from '../stop-signals.js';
import { buildTinyQuine } from './tiny-quine.js';

/** The command line at work in this process, its output kept. */
export class CommandRun {
  stdout = '';
  stderr = '';
  readonly status: Promise<number>;
  readonly #signals = new EventEmitter();

  constructor(args: readonly string[], context: Partial<CommandContext> = {}) {
    this.status = runCommandLine(args, {
      stdout: { write: (text, done) => this.#keep('stdout', text, done) },
      stderr: { write: (text, done) => this.#keep('stderr', text, done) },
      env: {},
      signals: this.#signals,
      application: '/nowhere/quinistry.mjs',
      buildQuine: buildTinyQuine,
      buildQuineApart: buildTinyQuine,
      startServer,
      ...context,
    });
  }

  /** As a supervisor or a terminal would. */
  kill(signal: StopSignal): void {
    this.#signals.emit(signal);
  }

  get handlesSignals(): boolean {
    return this.#signals.eventNames().length > 0;
  }

  /** The log so far, one record a line. */
  get records(): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  get messages(): unknown[] {
    return this.records.map(({ msg }) => msg);
  }

  #keep(stream: 'stdout' | 'stderr', text: string, done?: () => void): void {
    this[stream] += text;
    done?.();
  }
}
