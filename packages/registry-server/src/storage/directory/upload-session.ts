import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { computeDigest } from '@quinistry/oci-image';
import { type Digest, digestAlgorithm, formatDigest } from '@quinistry/oci-image/spec';
import type { StagedSync } from './staged-sync.js';
import type { StreamHash } from './stream-hash.js';
import { isSystemError } from './system-error.js';

const READ_BYTES = 1024 * 1024;

/** What is known of an upload session while the process lives. */
export interface UploadSession {
  readonly path: string;
  /** Bytes in the file. */
  size: number;
  /** Of all bytes in the file, where it has followed them from the first one on. */
  hash: StreamHash | undefined;
  /** Milliseconds since 1970; 0 where it is not known. */
  writtenAt: number;
  busy: boolean;
  cancelled: boolean;
  /** Open from one request to the next, where it can be. */
  file: FileHandle | undefined;
  readonly sync: StagedSync;
}

/** An empty file for a session, in a directory that may have to be made for it. */
export async function createSessionFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx+');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'wx+');
  }
}

/** The digest of all bytes of a session; they are read once more where none has been kept running, or another one. */
export async function digestOfSession({ path, hash }: UploadSession, expected: Digest): Promise<Digest> {
  const algorithm = digestAlgorithm(expected);
  const hex = algorithm === 'sha256' ? await hash?.digest().catch(() => undefined) : undefined;
  if (hex !== undefined) return formatDigest(algorithm, hex);
  return (await computeDigest(readFileInPieces(path), algorithm)).digest;
}

async function* readFileInPieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
