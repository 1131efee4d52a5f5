import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../spec/digest.js';
import { digestOf } from './compute-digest.js';
import { contentOf } from './content.js';
import { MemoryBlobStore } from './memory-store.js';
import { readAll } from './read-all.js';

const text = new TextEncoder().encode('hello, store');

describe('MemoryBlobStore', () => {
  it('gives back what was written, as often as it is opened', async () => {
    const store = new MemoryBlobStore();
    const { digest, size } = await store.write(contentOf(text).open());
    expect({ digest, size }).toEqual({ digest: digestOf(text), size: 12 });
    for (let pass = 0; pass < 2; pass++) {
      expect(Buffer.from(await readAll(store.open(digest), { maxBytes: 100 })).toString()).toBe('hello, store');
    }
    expect(await store.stat(digest)).toEqual({ digest, size: 12 });
  });

  it('names a blob by sha512 where that is asked for', async () => {
    const { digest } = await new MemoryBlobStore().write(contentOf(text).open(), { algorithm: 'sha512' });
    expect(digest).toBe(digestOf(text, 'sha512'));
  });

  it('keeps its own copy: a writer may use its buffer again', async () => {
    const store = new MemoryBlobStore();
    const buffer = Uint8Array.from(text);
    const { digest } = await store.write(contentOf(buffer).open());
    buffer.fill(0);
    expect(digestOf(await readAll(store.open(digest), { maxBytes: 100 }))).toBe(digest);
  });

  it('gives any range of blobs of any size', async () => {
    const store = new MemoryBlobStore();
    const large = new Uint8Array(2_500_000).map((_, i) => i % 251);
    const { digest } = await store.write(contentOf(large).open());
    const bound = fc.integer({ min: 0, max: large.length + 10 });
    await fc.assert(
      fc.asyncProperty(bound, bound, async (start, end) => {
        const part = await readAll(store.open(digest, { range: { start, end } }), { maxBytes: large.length });
        expect(Buffer.compare(part, large.subarray(start, Math.max(start, end)))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps nothing of bytes that are not the expected ones', async () => {
    const store = new MemoryBlobStore();
    const other = digestOf(new Uint8Array(1));
    await expect(store.write(contentOf(text).open(), { expected: { digest: other } })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    await expect(store.write(contentOf(text).open(), { expected: { size: 11 } })).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
    await expect(store.write(contentOf(text).open(), { expected: { size: 13 } })).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
    expect(await store.stat(digestOf(text))).toBeUndefined();
    expect(await store.stat(other)).toBeUndefined();
  });

  it('keeps nothing of a write that was aborted', async () => {
    const store = new MemoryBlobStore();
    await expect(store.write(contentOf(text).open(), { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await store.stat(digestOf(text))).toBeUndefined();
  });

  it('answers BLOB_UNKNOWN for what it does not hold', async () => {
    const digest = parseDigest(`sha256:${'0'.repeat(64)}`);
    await expect(readAll(new MemoryBlobStore().open(digest), { maxBytes: 1 })).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
    });
  });
});
