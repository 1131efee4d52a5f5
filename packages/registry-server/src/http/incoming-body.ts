import type { FillingSource } from '../storage/filling-source.js';
import { freeMemory } from './free-memory.js';

/** The parts of Node's `IncomingMessage` that its bytes are read with. */
export interface IncomingStream {
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  pause(): unknown;
  resume(): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  iterator(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
}

export function isIncomingStream(incoming: Partial<IncomingStream>): incoming is IncomingStream {
  return incoming.iterator !== undefined && incoming.pause !== undefined;
}

const NOWHERE: Uint8Array = new Uint8Array();

/**
 * The bytes of a request, straight from Node's own stream, which rests while nobody has room for them. It is never destroyed
 * from here, or the connection would go before the answer. Nobody else may listen to it: its chunks are emptied.
 */
export class IncomingBody implements FillingSource {
  readonly #incoming: IncomingStream;
  #isListening = false;
  #target = NOWHERE;
  #filled = 0;
  #demand: () => void = () => {};
  /** Ends the filling that runs. */
  #settle: (() => void) | undefined;
  /** Of a chunk for which there was no room. */
  #rest: Uint8Array | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(incoming: IncomingStream) {
    this.#incoming = incoming;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  }

  fill(target: Uint8Array, demand: () => void = () => {}): Promise<number> {
    this.#target = target;
    this.#filled = 0;
    this.#demand = demand;
    return new Promise((resolve, reject) => {
      this.#settle = () => {
        this.#settle = undefined;
        this.#target = NOWHERE;
        if (this.#filled === 0 && this.#end !== undefined && 'error' in this.#end) reject(this.#end.error);
        else resolve(this.#filled);
      };
      if (this.#rest !== undefined) this.#put(this.#rest);
      if (this.#settle !== undefined) this.#goOn();
    });
  }

  leave(): void {
    if (this.#isListening) this.#incoming.pause();
    this.#end ??= {};
  }

  #goOn(): void {
    const { readableEnded, destroyed } = this.#incoming;
    // What has happened is not told again.
    if (readableEnded) this.#end ??= {};
    else if (destroyed) this.#end ??= { error: brokenOff() };
    if (this.#end !== undefined) this.#settle?.();
    else this.#listen();
  }

  #listen(): void {
    if (!this.#isListening) {
      this.#isListening = true;
      this.#incoming.on('data', (chunk) => this.#take(chunk));
      this.#incoming.on('end', () => this.#finish({}));
      this.#incoming.on('error', (error) => this.#finish({ error }));
      this.#incoming.on('close', () => this.#finish({ error: brokenOff() }));
    }
    this.#incoming.resume();
  }

  #take(chunk: Uint8Array): void {
    if (this.#end !== undefined) return; // whoever answers may let the rest run off
    try {
      this.#demand();
    } catch (error) {
      this.#finish({ error });
      this.leave();
      return;
    }
    this.#put(chunk);
  }

  #put(chunk: Uint8Array): void {
    const part = chunk.subarray(0, this.#target.byteLength - this.#filled);
    this.#target.set(part, this.#filled);
    this.#filled += part.byteLength;
    this.#rest = part.byteLength < chunk.byteLength ? chunk.subarray(part.byteLength) : undefined;
    if (this.#rest === undefined) freeMemory(chunk);
    if (this.#filled < this.#target.byteLength) return;
    this.#incoming.pause();
    this.#settle?.();
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#settle?.();
  }
}

function brokenOff(): Error {
  return new Error('the connection broke off');
}
