import { LocalHash, STAGE_BYTES, type Stages, type StreamHash } from './stream-hash.js';
import { BLOCK_BYTES, type UploadTarget } from './upload-target.js';

/** Most blobs are small, and so is the memory that they are gathered in at first. */
const FIRST_BYTES = 64 * 1024;

export interface UploadWriterOptions {
  readonly target: UploadTarget;
  /** Bytes in the file. */
  readonly size: number;
  /** Of these bytes, where it is known. */
  readonly hash: StreamHash | undefined;
  /** For what turns out to be more than a stage. */
  readonly startHash: () => StreamHash;
}

interface LentStages {
  readonly lender: StreamHash;
  readonly stages: Stages;
  readonly unused: Buffer[];
}

interface BusyStage {
  readonly memory: Buffer;
  /** Resolves when it may be filled anew. */
  readonly free: Promise<unknown>;
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
  /** What is being filled, how far it is, and how far it may be. */
  #memory: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #filled = 0;
  #capacity = FIRST_BYTES;
  #size: number;
  #stages: LentStages | undefined;
  /** Being written and hashed, the oldest first. */
  #busy: BusyStage[] = [];
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
      const bytes = await fill(this.#memory.subarray(this.#filled, this.#capacity));
      if (bytes === 0) return;
      this.#filled += bytes;
    }
  }

  /** Writes what is left. @throws what writing fails with; bytes may be in the file then that the digest lacks. */
  async finish(): Promise<void> {
    if (this.#size === 0) this.#hash ??= new LocalHash();
    if (this.#filled > 0) this.#turnOver();
    // All of them, also where one fails: nobody may be at the file or at its memory afterwards.
    await Promise.allSettled(this.#busy.map(({ free }) => free));
    this.#stages?.lender.returnStages(this.#stages.stages);
    this.#stages = undefined;
    await this.#options.target.close();
    await this.#writing;
  }

  async #makeRoom(): Promise<void> {
    if (this.#memory.length === FIRST_BYTES) {
      const gathered = this.#memory;
      this.#memory = Buffer.allocUnsafeSlow(STAGE_BYTES);
      this.#memory.set(gathered);
      // What follows is in whole blocks of the disk.
      this.#capacity = STAGE_BYTES - (this.#size % BLOCK_BYTES);
      return;
    }
    this.#stages ??= this.#takeStages();
    this.#turnOver();
    this.#memory = this.#stages.unused.pop() ?? (await this.#oldestStage());
    this.#capacity = STAGE_BYTES;
  }

  /** What has been gathered moves into the first of them. */
  #takeStages(): LentStages {
    if (this.#size === 0) this.#hash ??= this.#options.startHash();
    const lender = this.#hash ?? new LocalHash();
    const stages = lender.takeStages();
    const [first = this.#memory, ...unused] = stages.pieces;
    first.set(this.#memory);
    this.#memory = first;
    return { lender, stages, unused };
  }

  async #oldestStage(): Promise<Buffer> {
    const oldest = this.#busy.shift();
    await oldest?.free;
    return oldest?.memory ?? Buffer.allocUnsafeSlow(STAGE_BYTES);
  }

  #turnOver(): void {
    const bytes = this.#memory.subarray(0, this.#filled);
    const position = this.#size;
    this.#size += this.#filled;
    this.#filled = 0;
    const isAligned = this.#stages?.stages.isAligned ?? false;
    this.#writing = this.#writing.then(() => this.#options.target.write(bytes, position, isAligned));
    const free = Promise.all([this.#writing, this.#updateHash(bytes)]);
    free.catch(() => {}); // told to whoever appends or finishes next
    this.#busy.push({ memory: this.#memory, free });
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
