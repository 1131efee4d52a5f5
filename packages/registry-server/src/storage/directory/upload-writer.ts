import { STAGE_BYTES, type Stage, type StagePool } from './stage-pool.js';
import { LocalHash, type StreamHash } from './stream-hash.js';
import { BLOCK_BYTES, type UploadTarget } from './upload-target.js';

/** Most blobs are small, and so is the memory that they are gathered in at first. */
const FIRST_BYTES = 64 * 1024;

/** One is filled while those before it are hashed and written. */
const MOST_STAGES = 4;

export interface UploadWriterOptions {
  readonly target: UploadTarget;
  /** Bytes in the file. */
  readonly size: number;
  /** Of these bytes, where it is known. */
  readonly hash: StreamHash | undefined;
  readonly stages: StagePool;
  /** For what turns out to be more than a stage. */
  readonly startHash: () => StreamHash;
}

/** What is being hashed and written. */
interface Turn {
  readonly stage: Stage;
  readonly isOver: Promise<unknown>;
}

/**
 * Appends to a file in large writes. While one stage fills, those before it are written and hashed; a source that is faster
 * than the disk waits.
 *
 * What fits into one stage is written and hashed at its end, without another thread.
 */
export class UploadWriter {
  readonly #options: UploadWriterOptions;
  #hash: StreamHash | undefined;
  #stage: Stage = { memory: Buffer.allocUnsafeSlow(FIRST_BYTES), isAligned: false };
  /** How far the stage is filled, and how far it may be. */
  #filled = 0;
  #capacity = FIRST_BYTES;
  readonly #taken: Stage[] = [];
  #size: number;
  /** The oldest first. */
  readonly #turns: Turn[] = [];
  /** One write after the other: the size of the file says how much of it there is. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: UploadWriterOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#hash = options.hash;
  }

  /** Bytes in the file once everything has been written. */
  get size(): number {
    return this.#size + this.#filled;
  }

  /** Of all bytes in the file once everything has been written; `undefined` where it is not known. */
  get hash(): StreamHash | undefined {
    return this.#hash;
  }

  /** Appends what `fill` puts into memory, until that is nothing. @throws what `fill` does; and what writing fails with. */
  async append(fill: (memory: Buffer) => Promise<number>): Promise<void> {
    for (;;) {
      if (this.#filled === this.#capacity) await this.#makeRoom();
      const bytes = await fill(this.#stage.memory.subarray(this.#filled, this.#capacity));
      if (bytes === 0) return;
      this.#filled += bytes;
    }
  }

  /** Writes what is left. @throws what writing fails with; bytes may be in the file then that the digest lacks. */
  async finish(): Promise<void> {
    if (this.#size === 0) this.#hash ??= new LocalHash();
    if (this.#filled > 0) this.#turnOver();
    // All of them, also where one fails: nobody may be at the file or at its memory afterwards.
    await Promise.allSettled(this.#turns.map(({ isOver }) => isOver));
    for (const stage of this.#taken.splice(0)) this.#options.stages.return(stage);
    await this.#options.target.close();
    await this.#writing;
  }

  async #makeRoom(): Promise<void> {
    if (this.#taken.length === 0) {
      this.#gatherMore();
      return;
    }
    if (this.#size === 0) this.#hash ??= this.#options.startHash();
    this.#turnOver();
    this.#stage = this.#anotherStage() ?? (await this.#oldestStage());
    this.#capacity = this.#stage.memory.length;
  }

  #gatherMore(): void {
    const { memory } = this.#stage;
    this.#stage = this.#take(this.#options.stages.take());
    this.#stage.memory.set(memory);
    // What follows is in whole blocks of the disk.
    this.#capacity = STAGE_BYTES - (this.#size % BLOCK_BYTES);
  }

  #anotherStage(): Stage | undefined {
    const stage = this.#taken.length < MOST_STAGES ? this.#options.stages.takeAnother() : undefined;
    return stage && this.#take(stage);
  }

  #take(stage: Stage): Stage {
    this.#taken.push(stage);
    return stage;
  }

  async #oldestStage(): Promise<Stage> {
    const oldest = this.#turns.shift();
    await oldest?.isOver;
    return oldest?.stage ?? this.#take(this.#options.stages.take());
  }

  #turnOver(): void {
    const { memory, isAligned } = this.#stage;
    const bytes = memory.subarray(0, this.#filled);
    const position = this.#size;
    this.#size += this.#filled;
    this.#filled = 0;
    this.#writing = this.#writing.then(() => this.#options.target.write(bytes, position, isAligned));
    const isOver = Promise.all([this.#writing, this.#updateHash(bytes)]);
    isOver.catch(() => {}); // told to whoever appends or finishes next
    this.#turns.push({ stage: this.#stage, isOver });
  }

  /** Without its thread the digest is lost, and nothing else: the file can be read once more. */
  async #updateHash(bytes: Uint8Array): Promise<void> {
    const hash = this.#hash;
    try {
      await hash?.update(bytes);
    } catch {
      if (this.#hash === hash) this.#hash = undefined;
    }
  }
}
