/**
 * Digests off the main thread. A core hashes hardly faster than a network brings bytes, and everything else that a server
 * does would wait meanwhile.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { StreamHash } from './stream-hash.js';

type Request =
  | { readonly op: 'share'; readonly share: number; readonly memory: SharedArrayBuffer }
  | { readonly op: 'unshare'; readonly share: number }
  | { readonly op: 'start'; readonly hash: number }
  | { readonly op: 'update'; readonly hash: number; readonly bytes: Uint8Array }
  | {
      readonly op: 'updateShared';
      readonly hash: number;
      readonly share: number;
      readonly start: number;
      readonly end: number;
    }
  | { readonly op: 'digest'; readonly hash: number }
  | { readonly op: 'end'; readonly hash: number };

/**
 * What the thread runs. It is handed over as its text, so that no file has to be found beside a bundle; hence it uses
 * nothing from around it.
 */
function answerRequests(port: MessagePort, { createHash }: typeof import('node:crypto')): void {
  const shares = new Map<number, Buffer>();
  const hashes = new Map<number, import('node:crypto').Hash>();
  port.on('message', (request: Request) => {
    if (request.op === 'share') shares.set(request.share, Buffer.from(request.memory));
    else if (request.op === 'unshare') shares.delete(request.share);
    else if (request.op === 'start') hashes.set(request.hash, createHash('sha256'));
    else if (request.op === 'end') hashes.delete(request.hash);
    else {
      const hash = hashes.get(request.hash);
      if (request.op === 'digest') port.postMessage(hash?.copy().digest('hex'));
      else if (request.op === 'update') port.postMessage(hash?.update(request.bytes) && '');
      else port.postMessage(hash?.update(shares.get(request.share)?.subarray(request.start, request.end) ?? '') && '');
    }
  });
}

const PROGRAM = `(${answerRequests})(require('node:worker_threads').parentPort, require('node:crypto'))`;

/** It handles numbers and a few buffers. Left alone, V8 lets garbage gather for the size of the machine. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One thread. It answers in the order in which it is asked. It keeps the process alive while an answer is due, which nothing
 * else may do, and no longer.
 */
export class HashingThread {
  readonly #worker = new Worker(PROGRAM, { eval: true, name: 'hashing', resourceLimits: RESOURCE_LIMITS });
  readonly #waiting: Waiting[] = [];
  /** Numbers of the memory that the thread knows. */
  readonly #shares = new Map<ArrayBufferLike, number>();
  #lastNumber = 0;
  #hashes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor() {
    this.#worker.on('message', (answer: string) => this.#answer(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the hashing thread has ended')));
    this.#worker.unref(); // last, for a listener makes it count again
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /** How many uploads it is at. */
  get load(): number {
    return this.#hashes;
  }

  /** Memory that is shared is hashed where it is; any other is copied. */
  startHash(): StreamHash {
    const hash = ++this.#lastNumber;
    this.#hashes += 1;
    this.#post({ op: 'start', hash });
    return {
      update: async (bytes) => {
        await this.#ask(this.#update(hash, bytes));
      },
      digest: () => this.#ask({ op: 'digest', hash }),
      close: () => {
        this.#hashes -= 1;
        this.#post({ op: 'end', hash });
      },
    };
  }

  /** The memory is not used any more. */
  forget(memory: SharedArrayBuffer): void {
    const share = this.#shares.get(memory);
    if (share === undefined) return;
    this.#shares.delete(memory);
    this.#post({ op: 'unshare', share });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #update(hash: number, bytes: Uint8Array): Request {
    const { buffer: memory, byteOffset: start, byteLength } = bytes;
    if (!(memory instanceof SharedArrayBuffer)) return { op: 'update', hash, bytes: Uint8Array.from(bytes) };
    let share = this.#shares.get(memory);
    if (share === undefined) {
      share = ++this.#lastNumber;
      this.#shares.set(memory, share);
      this.#post({ op: 'share', share, memory });
    }
    return { op: 'updateShared', hash, share, start, end: start + byteLength };
  }

  #ask(request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#worker.ref();
      this.#waiting.push({ resolve, reject });
      this.#post(request);
    });
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #answer(answer: string): void {
    this.#waiting.shift()?.resolve(answer);
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
