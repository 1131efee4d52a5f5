import { Readable } from 'node:stream';
import { constants, gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from './compute-digest.js';
import { contentOf } from './content.js';
import { type GzipLevel, type GzipOptions, gzip } from './gzip.js';
import { readAll } from './read-all.js';

const BLOCK_BYTES = 1024 * 1024;

function compress(source: AsyncIterable<Uint8Array>, options?: GzipOptions): Promise<Uint8Array> {
  return readAll(gzip(source, options), { maxBytes: 64 * BLOCK_BYTES });
}

/** Bytes that compress a little, the same on every machine. */
function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = (state >>> 24) & 0x3f;
  }
  return bytes;
}

async function* chunked(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += chunkBytes) yield bytes.subarray(i, i + chunkBytes);
}

describe('gzip', () => {
  it('writes a header without time, name or operating system', async () => {
    const bytes = await compress(contentOf('hello').open());
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it.each([0, 1, 5, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 17])(
    'gives back %i bytes when inflated',
    async (size) => {
      const bytes = noise(size);
      const inflated = gunzipSync(await compress(contentOf(bytes).open()));
      expect(digestOf(inflated)).toBe(digestOf(bytes));
    },
  );

  it('writes one member, not one a block', async () => {
    const bytes = noise(2 * BLOCK_BYTES + 1);
    const compressed = await compress(contentOf(bytes).open());
    // Raw inflate of what is between header and trailer stops at the first final block.
    const inflated = inflateRawSync(compressed.subarray(10, -8), { finishFlush: constants.Z_FINISH });
    expect(inflated.byteLength).toBe(bytes.byteLength);
  });

  it('compresses across blocks nearly as well as a single stream', async () => {
    // Each block repeats the end of the one before: only its dictionary lets it see that.
    const bytes = new Uint8Array(4 * BLOCK_BYTES);
    const tail = noise(16 * 1024);
    for (let block = 1; block <= 4; block++) {
      bytes.set(tail, block * BLOCK_BYTES - tail.length);
      if (block < 4) bytes.set(tail, block * BLOCK_BYTES);
    }
    const apart = await compress(contentOf(bytes.subarray(0, BLOCK_BYTES)).open());
    const together = await compress(contentOf(bytes).open());
    // Blind to its predecessor, every block would cost what the first one alone does.
    expect(together.byteLength).toBeLessThan(apart.byteLength * 4.5);
    expect(together.byteLength).toBeGreaterThan(apart.byteLength);
  });

  it('gives the same bytes for any number of cores', async () => {
    const bytes = noise(5 * BLOCK_BYTES + 3);
    const digests = await Promise.all(
      [1, 2, 7, 64].map(async (parallelism) => digestOf(await compress(contentOf(bytes).open(), { parallelism }))),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('gives the same bytes for any chunking', async () => {
    const bytes = noise(2 * BLOCK_BYTES + 100);
    const whole = digestOf(await compress(contentOf(bytes).open()));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 3 * BLOCK_BYTES }), async (chunkBytes) => {
        expect(digestOf(await compress(chunked(bytes, chunkBytes)))).toBe(whole);
      }),
      { numRuns: 12 },
    );
  });

  it('takes a level, where more effort gives fewer bytes', async () => {
    const text = new TextEncoder().encode(Array.from({ length: 20_000 }, (_, i) => `${i % 97} ${i % 89}`).join('\n'));
    const size = async (level: GzipLevel) => (await compress(contentOf(text).open(), { level })).byteLength;
    expect(await size(0)).toBeGreaterThan(text.byteLength);
    expect(await size(9)).toBeLessThan(await size(1));
  });

  it('refuses a level that does not exist, and a parallelism that would never end', async () => {
    await expect(compress(contentOf('').open(), { level: 10 as GzipLevel })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'gzip level 10 is not an integer from 0 to 9',
    });
    await expect(compress(contentOf('').open(), { parallelism: Number.NaN })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });

  it('refuses a stream of text, which it would otherwise drop', async () => {
    const text = Readable.from(['text'], { objectMode: false, encoding: 'utf8' });
    await expect(compress(text)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('passes an error of its source on', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield noise(2 * BLOCK_BYTES);
      throw new Error('the disk is gone');
    }
    await expect(compress(failing())).rejects.toThrow('the disk is gone');
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let blocks = 0; ; blocks++) {
        if (blocks === 4) controller.abort(new Error('enough'));
        yield noise(BLOCK_BYTES);
      }
    }
    await expect(compress(endless(), { signal: controller.signal })).rejects.toThrow('enough');
  });
});
