/**
 * Digests off the main thread. A core hashes hardly faster than a network brings bytes, and everything else that a server
 * does would wait meanwhile.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import { SharedStages } from './shared-stages.js';
import { STAGE_BYTES, type StreamHash } from './stream-hash.js';

type Request =
  | { readonly op: 'share'; readonly stages: number; readonly memory: SharedArrayBuffer }
  | { readonly op: 'unshare'; readonly stages: number }
  | { readonly op: 'start'; readonly hash: number }
  | {
      readonly op: 'update';
      readonly hash: number;
      readonly stages: number;
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
  const shared = new Map<number, Buffer>();
  const hashes = new Map<number, import('node:crypto').Hash>();
  port.on('message', (request: Request) => {
    if (request.op === 'share') shared.set(request.stages, Buffer.from(request.memory));
    else if (request.op === 'unshare') shared.delete(request.stages);
    else if (request.op === 'start') hashes.set(request.hash, createHash('sha256'));
    else if (request.op === 'end') hashes.delete(request.hash);
    else if (request.op === 'digest') port.postMessage(hashes.get(request.hash)?.copy().digest('hex'));
    else {
      hashes.get(request.hash)?.update(shared.get(request.stages)?.subarray(request.start, request.end) ?? '');
      port.postMessage('');
    }
  });
}

const PROGRAM = `(${answerRequests})(require('node:worker_threads').parentPort, require('node:crypto'))`;

/** It handles numbers and a few buffers. Left alone, V8 lets garbage gather for the size of the machine. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/** Memory that waits for the next upload. What is beyond that is let go of: two threads share it, so it is freed late. */
const MOST_SPARE = 16;

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread. It answers in the order in which it is asked, and does not keep the process alive. */
export class HashingThread {
  readonly #worker = new Worker(PROGRAM, { eval: true, name: 'hashing', resourceLimits: RESOURCE_LIMITS });
  readonly #waiting: Waiting[] = [];
  readonly #stages = new Map<ArrayBufferLike, SharedStages>();
  #spare: SharedStages[] = [];
  #hashes = 0;
  #shares = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (answer: string) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the hashing thread has ended')));
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /** How many uploads it is at. */
  get load(): number {
    return this.#stages.size - this.#spare.length;
  }

  startHash(): StreamHash {
    const hash = this.#hashes++;
    this.#post({ op: 'start', hash });
    return {
      takeStages: () => this.#spare.pop() ?? this.#share(),
      returnStages: (stages) => this.#return(stages as SharedStages),
      update: (bytes) => this.#update(hash, bytes),
      digest: () => this.#ask({ op: 'digest', hash }),
      close: () => this.#post({ op: 'end', hash }),
    };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #update(hash: number, bytes: Uint8Array): Promise<void> {
    const stages = this.#stages.get(bytes.buffer)?.number;
    if (stages !== undefined) {
      const { byteOffset: start, byteLength } = bytes;
      await this.#ask({ op: 'update', hash, stages, start, end: start + byteLength });
      return;
    }
    const lent = this.#spare.pop() ?? this.#share();
    const [piece = Buffer.alloc(0)] = lent.pieces;
    for (let start = 0; start < bytes.byteLength; start += STAGE_BYTES) {
      const part = bytes.subarray(start, start + STAGE_BYTES);
      piece.set(part);
      await this.#update(hash, piece.subarray(0, part.byteLength));
    }
    this.#return(lent);
  }

  #share(): SharedStages {
    const stages = new SharedStages(this.#shares++);
    this.#stages.set(stages.memory, stages);
    this.#post({ op: 'share', stages: stages.number, memory: stages.memory });
    return stages;
  }

  #return(stages: SharedStages): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(stages);
    else {
      this.#stages.delete(stages.memory);
      this.#post({ op: 'unshare', stages: stages.number });
    }
  }

  #ask(request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#waiting.push({ resolve, reject });
      this.#post(request);
    });
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
