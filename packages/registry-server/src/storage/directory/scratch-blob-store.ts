import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
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
  readonly file: FileHandle;
}

/** Blobs that are gone when the process is, in files without a name: off the memory, and nothing that could be left behind. */
export class ScratchBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #blobs = new Map<Digest, ScratchBlob>();

  /** @param directory - in which the files have a name for a moment. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {StorageError} `NO_SPACE`; what {@link BlobStore.write} throws. */
  async write(source: AsyncIterable<Uint8Array>, { expected, ...options }: WriteBlobOptions = {}): Promise<BlobInfo> {
    const algorithm = expected?.digest === undefined ? options.algorithm : digestAlgorithm(expected.digest);
    const digester = new Digester(algorithm);
    const file = await reportingSpace(() => openNameless(join(this.#directory, randomUUID())));
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
      const known = this.#blobs.get(info.digest);
      if (known === undefined) this.#blobs.set(info.digest, { ...info, file });
      else await file.close();
      return info;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && { digest: blob.digest, size: blob.size };
  }

  async *open(digest: Digest, options: ReadBlobOptions = {}): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in this store`);
    for await (const chunk of readChunks(blob.file, options)) {
      options.signal?.throwIfAborted();
      yield chunk;
    }
  }

  /** Lets go of the files, and so of what is in them. */
  async close(): Promise<void> {
    await Promise.all([...this.#blobs.values()].map(({ file }) => file.close()));
    this.#blobs.clear();
  }
}

async function openNameless(path: string): Promise<FileHandle> {
  const file = await open(path, 'wx+');
  await unlink(path);
  return file;
}
