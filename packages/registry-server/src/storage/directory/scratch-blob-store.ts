import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BlobInfo,
  type BlobStore,
  Digester,
  OciError,
  verifyBlobInfo,
  type WriteBlobOptions,
} from '@quinistry/oci-image';
import { type Digest, digestAlgorithm } from '@quinistry/oci-image/spec';
import type { ReadBlobOptions } from '../registry-storage.js';
import { readChunks } from './file-chunks.js';
import { reportingSpace } from './system-error.js';
import { writeFully } from './write-fully.js';

interface ScratchBlob extends BlobInfo {
  readonly path: string;
  readonly file: FileHandle;
}

/** Blobs that do not outlive the process, off the memory. */
export class ScratchBlobStore implements BlobStore {
  readonly directory: string;
  readonly #blobs = new Map<Digest, ScratchBlob>();

  /** @param directory - one that somebody empties where the process is killed. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** @throws {StorageError} `NO_SPACE`; what {@link BlobStore.write} throws. */
  async write(source: AsyncIterable<Uint8Array>, { expected, ...options }: WriteBlobOptions = {}): Promise<BlobInfo> {
    const algorithm = expected?.digest === undefined ? options.algorithm : digestAlgorithm(expected.digest);
    const digester = new Digester(algorithm);
    const path = join(this.directory, randomUUID());
    const file = await reportingSpace(() => open(path, 'wx+'));
    try {
      for await (const chunk of source) {
        options.signal?.throwIfAborted();
        const position = digester.size;
        digester.update(chunk);
        if (expected?.size !== undefined && digester.size > expected.size) break;
        await reportingSpace(() => writeFully(file, chunk, position));
      }
      const info = digester.finish();
      verifyBlobInfo(info, expected);
      await this.#keep({ ...info, path, file });
      return info;
    } catch (error) {
      await discard({ path, file });
      throw error;
    }
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && { digest: blob.digest, size: blob.size };
  }

  async *open(digest: Digest, options: ReadBlobOptions = {}): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(this.#find(digest).file, options)) {
      options.signal?.throwIfAborted();
      yield chunk;
    }
  }

  /** The file of a blob, for the store of another process to {@link adopt}. @throws {OciError} `BLOB_UNKNOWN` */
  path(digest: Digest): string {
    return this.#find(digest).path;
  }

  /** Takes over the file at `path`, whose bytes hash to what `info` says. */
  async adopt({ digest, size }: BlobInfo, path: string): Promise<void> {
    await this.#keep({ digest, size, path, file: await open(path) });
  }

  /** Removes the blobs. */
  async close(): Promise<void> {
    await Promise.all([...this.#blobs.values()].map(discard));
    this.#blobs.clear();
  }

  async #keep(blob: ScratchBlob): Promise<void> {
    if (this.#blobs.has(blob.digest)) await discard(blob);
    else this.#blobs.set(blob.digest, blob);
  }

  #find(digest: Digest): ScratchBlob {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in this store`);
    return blob;
  }
}

async function discard({ path, file }: Pick<ScratchBlob, 'path' | 'file'>): Promise<void> {
  await file.close();
  await rm(path, { force: true });
}
