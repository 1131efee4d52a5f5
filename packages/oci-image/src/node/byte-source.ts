/** Random access to bytes: a parser reads the few parts that it needs, not the hundred megabytes around them. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { unreadableFile } from '../content/file-content.js';
import { OciError } from '../errors.js';

export interface ByteSource {
  /** Stands in messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** @returns fewer bytes than asked for only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/**
 * Opens the file at `path`, hands it to `use`, and closes it whatever happens.
 *
 * @throws {OciError} `FILE_UNREADABLE` where there is no regular file that may be read.
 */
export async function withFileBytes<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  // Without O_NONBLOCK a pipe would be waited for without end.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new OciError('FILE_UNREADABLE', `cannot read ${path}: it is not a regular file`);
    }
    return await use({
      name: path,
      size: stats.size,
      async read(offset, length) {
        const available = Math.max(0, Math.min(length, stats.size - offset));
        const buffer = Buffer.alloc(available);
        let filled = 0;
        while (filled < available) {
          const { bytesRead } = await file.read(buffer, filled, available - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.subarray(0, filled);
      },
    });
  } finally {
    await file.close();
  }
}
