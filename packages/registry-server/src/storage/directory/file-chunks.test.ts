import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileChunkOptions, readChunks } from './file-chunks.js';

/** Some chunks of 256 KB and a bit, each of which is told from the others. */
const BYTES = Buffer.concat(
  [1, 2, 3, 4, 5, 8, 9, 10].map((value) => Buffer.alloc(256 * 1024, value)).concat(Buffer.from([6, 7])),
);

let directory: string;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-chunks-'));
  path = join(directory, 'blob');
  await writeFile(path, BYTES);
});

afterAll(() => rm(directory, { recursive: true }));

async function withChunks<T>(options: FileChunkOptions, work: (chunks: AsyncIterable<Uint8Array>) => Promise<T>) {
  const file = await open(path);
  try {
    return await work(readChunks(file, options));
  } finally {
    await file.close();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return kept;
}

async function copy(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

describe('readChunks', () => {
  it('gives the whole file, and leaves alone what it gave', async () => {
    expect(Buffer.concat(await withChunks({}, collect)).equals(BYTES)).toBe(true);
  });

  it.each([false, true])('gives a range to the byte, with recycle: %s', async (recycle) => {
    for (const [start, end] of [
      [0, 1],
      [256 * 1024 - 1, 512 * 1024 + 1],
      [BYTES.length - 3, BYTES.length],
      [7, 7],
    ] as const) {
      const read = await withChunks({ recycle, range: { start, end } }, copy);
      expect(read.equals(BYTES.subarray(start, end))).toBe(true);
    }
  });

  it('gets by with three buffers where it may recycle them, and keeps a chunk until the next but one is asked for', async () => {
    const buffers = new Set<ArrayBufferLike>();
    const read = await withChunks({ recycle: true }, async (chunks) => {
      const copies: Buffer[] = [];
      let before: Uint8Array = new Uint8Array();
      for await (const chunk of chunks) {
        await new Promise(setImmediate);
        copies.push(Buffer.from(before));
        buffers.add(chunk.buffer);
        before = chunk;
      }
      return Buffer.concat([...copies, before]);
    });
    expect(read.equals(BYTES)).toBe(true);
    expect(buffers.size).toBe(3);
  });
});
