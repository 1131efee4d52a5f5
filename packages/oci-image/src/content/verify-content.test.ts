import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeDigest, digestOf } from './compute-digest.js';
import { contentOf } from './content.js';
import { readAll } from './read-all.js';
import { verifyContent } from './verify-content.js';

const bytes = new TextEncoder().encode('the bytes that were promised');
const expected = { digest: digestOf(bytes), size: bytes.byteLength };

function verify(source: Uint8Array, wanted = expected): Promise<Uint8Array> {
  return readAll(verifyContent(contentOf(source).open(), wanted), { maxBytes: 1000 });
}

describe('verifyContent', () => {
  it('passes through exactly what was promised', async () => {
    expect(await verify(bytes)).toEqual(Buffer.from(bytes));
  });

  it('verifies sha512 as well', async () => {
    const wanted = { digest: digestOf(bytes, 'sha512'), size: bytes.byteLength };
    expect((await verify(bytes, wanted)).byteLength).toBe(bytes.byteLength);
  });

  it('fails at the first byte too many, without reading on', async () => {
    let reads = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        reads++;
        yield bytes;
      }
    }
    const verified = readAll(verifyContent(endless(), expected), { maxBytes: 1000 });
    await expect(verified).rejects.toMatchObject({ code: 'SIZE_MISMATCH', expected: 28, actual: 56 });
    expect(reads).toBe(2);
  });

  it('fails when the end comes too early', async () => {
    await expect(verify(bytes.subarray(1))).rejects.toMatchObject({ code: 'SIZE_MISMATCH', expected: 28, actual: 27 });
  });

  it('fails for other bytes of the same size, and says which digest they have', async () => {
    const other = new TextEncoder().encode('the bytes that were mistaken');
    await expect(verify(other)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      expected: expected.digest,
      actual: digestOf(other),
    });
  });
});

describe('computeDigest', () => {
  it('gives the digest of the empty input', async () => {
    const { digest } = await computeDigest(contentOf('').open());
    expect(digest).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('refuses a stream of text, whose bytes nobody can tell', async () => {
    const text = Readable.from([Buffer.from('caf\u00e9')], { objectMode: false, encoding: 'utf8' });
    await expect(computeDigest(text)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('gives the same digest for any chunking', async () => {
    async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
      yield* chunks;
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        fc.constantFrom('sha256', 'sha512'),
        async (chunks, algorithm) => {
          const whole = Buffer.concat(chunks);
          expect(await computeDigest(each(chunks), algorithm)).toEqual({
            digest: digestOf(whole, algorithm),
            size: whole.byteLength,
          });
        },
      ),
    );
  });
});
