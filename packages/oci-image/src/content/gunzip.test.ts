import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentOf } from './content.js';
import { gunzip } from './gunzip.js';
import { readAll } from './read-all.js';

function inflate(bytes: Uint8Array, maxBytes = 1 << 20): Promise<Uint8Array> {
  return readAll(gunzip(contentOf(bytes).open(), { maxBytes }), { maxBytes: 1 << 30 });
}

describe('gunzip', () => {
  it('inflates what gzip wrote', async () => {
    expect(Buffer.from(await inflate(gzipSync('hello'))).toString()).toBe('hello');
  });

  it('reads on after the first member: members may be concatenated (jib#3983)', async () => {
    const bytes = Buffer.concat([gzipSync('one '), gzipSync(''), gzipSync('two')]);
    expect(Buffer.from(await inflate(bytes)).toString()).toBe('one two');
  });

  it('refuses to inflate past its bound', async () => {
    const bomb = gzipSync(Buffer.alloc(10 << 20));
    await expect(inflate(bomb, 1 << 20)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect((await inflate(bomb, 10 << 20)).byteLength).toBe(10 << 20);
  });

  it.each([
    ['what is not gzip', Buffer.from('plain text, and no gzip')],
    ['a stream that ends too early', gzipSync(Buffer.alloc(5000, 'x')).subarray(0, -9)],
    ['a wrong checksum', Buffer.concat([gzipSync('hello').subarray(0, -8), Buffer.alloc(8)])],
    ['nothing', Buffer.alloc(0)],
  ])('answers %s with GZIP_INVALID', async (_, bytes) => {
    await expect(inflate(bytes)).rejects.toMatchObject({ code: 'GZIP_INVALID' });
  });

  it('passes an error of its source on as it is', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync('hello').subarray(0, 12);
      throw new Error('the network is gone');
    }
    const inflated = readAll(gunzip(failing(), { maxBytes: 100 }), { maxBytes: 100 });
    await expect(inflated).rejects.toThrow('the network is gone');
  });

  it('ends its source when the reader stops early', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield gzipSync(Buffer.alloc(1 << 16));
      } finally {
        ended = true;
      }
    }
    for await (const _ of gunzip(endless(), { maxBytes: 1 << 30 })) break;
    await expect.poll(() => ended).toBe(true);
  });
});
