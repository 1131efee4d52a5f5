import { createHash, randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Digest, digestAlgorithm, formatDigest } from '@quinistry/oci-image/spec';
import type { AppendOptions, Upload } from '../registry-store.js';
import { StorageError } from '../storage-error.js';
import { SegmentedBytes } from './segmented-bytes.js';
import type { Space } from './space.js';

/** A session, hashed as its bytes come in. Nearly every blob is named by sha256; any other digest is computed at the end. */
export class MemoryUpload {
  readonly repository: string;
  readonly session = randomUUID();
  readonly bytes = new SegmentedBytes();
  readonly #hash = createHash('sha256');
  readonly #space: Space;
  #busy = false;
  #ended = false;
  touched: number;

  constructor(repository: string, space: Space, now: number) {
    this.repository = repository;
    this.#space = space;
    this.touched = now;
  }

  get state(): Upload {
    return { session: this.session, size: this.bytes.size };
  }

  get isBusy(): boolean {
    return this.#busy;
  }

  /** Runs `work` and lets nobody else in meanwhile. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new StorageError('UPLOAD_BUSY', `another request is writing to the upload ${this.session}`);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  async append(source: AsyncIterable<Uint8Array>, { offset, maxBytes, signal }: AppendOptions, now: () => number) {
    const { size } = this.bytes;
    if (offset !== undefined && offset !== size) {
      throw new StorageError('OFFSET_MISMATCH', `the upload has ${size} bytes, so none can go at ${offset}`, { size });
    }
    signal?.throwIfAborted();
    for await (const chunk of source) {
      signal?.throwIfAborted();
      this.throwIfEnded();
      if (maxBytes !== undefined && this.bytes.size + chunk.byteLength > maxBytes) {
        const told = `the upload is longer than ${maxBytes} bytes`;
        throw new StorageError('TOO_LARGE', told, { size: this.bytes.size });
      }
      this.#space.take(chunk.byteLength);
      this.#hash.update(chunk);
      this.bytes.append(chunk);
      this.touched = now();
    }
    this.throwIfEnded();
  }

  /** The digest of all bytes, by the algorithm of the one that is `expected`. */
  async digest(expected: Digest): Promise<Digest> {
    const algorithm = digestAlgorithm(expected);
    if (algorithm === 'sha256') return formatDigest(algorithm, this.#hash.copy().digest('hex'));
    const hash = createHash(algorithm);
    for await (const segment of this.bytes.read()) {
      hash.update(segment);
      // Others get their turn: a gigabyte takes a second.
      await setImmediate();
    }
    return formatDigest(algorithm, hash.digest('hex'));
  }

  /** Whoever is still writing is told at its next chunk. */
  end(): void {
    this.#ended = true;
  }

  /** @throws {StorageError} `UPLOAD_UNKNOWN` */
  throwIfEnded(): void {
    if (this.#ended) throw new StorageError('UPLOAD_UNKNOWN', `the upload ${this.session} was ended meanwhile`);
  }
}
