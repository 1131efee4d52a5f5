import type { FileHandle } from 'node:fs/promises';

/** Writes all of `bytes`: a single call may take fewer, at the end of a disk or of a quota. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const result = await file.write(bytes, written, bytes.byteLength - written, position + written);
    written += result.bytesWritten;
  }
}
