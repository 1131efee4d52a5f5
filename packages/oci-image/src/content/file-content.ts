/** A file on disk as content: measured once, and held to that measure whenever it is read. */
import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, stat } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { OciError } from '../errors.js';
import type { Content } from './content.js';

/** Fewer, larger reads: each one is a trip through the thread pool. */
const CHUNK_BYTES = 1024 * 1024;

/** What tells that a file is still the one that was measured. `fs.stat(path, { bigint: true })` gives it. */
export type FileIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'isFile'>;

export interface OpenFileContentOptions {
  /** What the caller already knows of the file, so that it is not asked again and is that very file. */
  readonly identity?: FileIdentity | undefined;
  /** Whether a symbolic link stands for the file that it points to. @defaultValue `true` */
  readonly followSymlinks?: boolean | undefined;
}

/**
 * Takes the size of a file now and its bytes later, a mebibyte at a time; every chunk is the caller's to keep, unless it lets them be recycled.
 *
 * @param path - Bytes where the name is not UTF-8.
 * @throws {OciError} `FILE_UNREADABLE`, now or while reading, where there is no regular file that may be read.
 * `FILE_CHANGED`, while reading, where the file is no longer the one that was measured: replaced, rewritten, shorter or
 * longer. A header that was written with the old size must not be followed by anything else.
 */
export async function openFileContent(
  path: string | Uint8Array,
  options: OpenFileContentOptions = {},
): Promise<Content> {
  const { followSymlinks = true } = options;
  const location = typeof path === 'string' ? path : Buffer.from(path);
  const expected = options.identity ?? (await measure(location, followSymlinks));
  if (!expected.isFile()) {
    throw new OciError('FILE_UNREADABLE', `cannot read ${location}: it is not a regular file`);
  }
  const size = Number(expected.size);
  return {
    size,
    async *open({ signal, recycle = false } = {}) {
      signal?.throwIfAborted();
      const file = await openWithoutBlocking(location, followSymlinks);
      try {
        await verifyUnchanged(file, location, expected);
        let remaining = size;
        let buffer: Buffer | undefined;
        do {
          signal?.throwIfAborted();
          // One byte more than is left: a file that grew shows itself without another read.
          const length = Math.min(CHUNK_BYTES, remaining + 1);
          if (buffer === undefined || !recycle) buffer = Buffer.allocUnsafeSlow(length);
          const { bytesRead } = await file.read(buffer, 0, length).catch((cause) => {
            throw unreadableFile(location, cause);
          });
          if (bytesRead > remaining || (bytesRead === 0 && remaining > 0)) {
            const change = bytesRead === 0 ? `ended ${remaining} bytes short of` : 'went on after';
            throw new OciError('FILE_CHANGED', `${location} ${change} the ${size} bytes that were measured`);
          }
          remaining -= bytesRead;
          if (bytesRead > 0) {
            yield buffer.subarray(0, bytesRead);
          }
        } while (remaining > 0);
        await verifyUnchanged(file, location, expected);
      } finally {
        await file.close();
      }
    },
  };
}

async function measure(path: string | Buffer, followSymlinks: boolean): Promise<FileIdentity> {
  try {
    return await (followSymlinks ? stat : lstat)(path, { bigint: true });
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}

/** Without `O_NONBLOCK`, a pipe that took the place of the file would be waited for without end. */
async function openWithoutBlocking(path: string | Buffer, followSymlinks: boolean): Promise<FileHandle> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  try {
    return await open(path, O_RDONLY | O_NONBLOCK | (followSymlinks ? 0 : O_NOFOLLOW));
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}

async function verifyUnchanged(file: FileHandle, path: string | Buffer, expected: FileIdentity): Promise<void> {
  const actual = await file.stat({ bigint: true });
  if (actual.dev !== expected.dev || actual.ino !== expected.ino) {
    throw new OciError('FILE_CHANGED', `${path} was replaced by another file after it was measured`);
  }
  if (actual.size !== expected.size) {
    throw new OciError('FILE_CHANGED', `${path} has ${actual.size} bytes where ${expected.size} were measured`);
  }
  if (actual.mtimeNs !== expected.mtimeNs) {
    throw new OciError('FILE_CHANGED', `${path} was written to after it was measured`);
  }
}

/** What a failed system call on `path` is reported as. */
export function unreadableFile(path: string | Buffer, cause: unknown): OciError<'FILE_UNREADABLE'> {
  return new OciError('FILE_UNREADABLE', `cannot read ${path}: ${describeSystemError(cause)}`, { cause });
}

/** `no such file or directory (ENOENT)`: the message of a system error without the path and the call around it. */
function describeSystemError(cause: unknown): string {
  const errno = cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number' ? cause.errno : 0;
  const [code, message] = getSystemErrorMap().get(errno) ?? [];
  return code === undefined ? String(cause) : `${message} (${code})`;
}
