import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, formatDigest } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';

/** Enough to be written in every way: gathered, in stages, and past the page cache. */
const BYTES = randomBytes(45_000_011);

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'large-upload-'));
  store = await openDirectoryStore(root);
});

afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

/** As sockets give them: up to 64 KB. */
async function* chunks(start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; position += 65_521) {
    yield BYTES.subarray(position, Math.min(end, position + 65_521));
  }
}

function digestAs(algorithm: 'sha256' | 'sha512'): Digest {
  return formatDigest(algorithm, createHash(algorithm).update(BYTES).digest('hex'));
}

async function isStored(digest: Digest): Promise<boolean> {
  let position = 0;
  for await (const chunk of store.openBlob('app', digest)) {
    if (!BYTES.subarray(position, position + chunk.byteLength).equals(chunk)) return false;
    position += chunk.byteLength;
  }
  return position === BYTES.byteLength;
}

describe('an upload of a large blob', () => {
  it.each(['sha256', 'sha512'] as const)('is kept as it came, under its %s', async (algorithm) => {
    const { session } = await store.createUpload('app');
    await store.appendUpload('app', session, chunks(0, BYTES.byteLength));
    expect(await store.finishUpload('app', session, digestAs(algorithm))).toEqual({
      digest: digestAs(algorithm),
      size: BYTES.byteLength,
    });
    expect(await isStored(digestAs(algorithm))).toBe(true);
  });

  it.each([
    ['in one life of the server', async () => {}],
    [
      'over restarts',
      async () => {
        await store.close();
        store = await openDirectoryStore(root);
      },
    ],
  ])('is the same in chunks that end at odd places, %s', async (_, between) => {
    const { session } = await store.createUpload('app');
    const ends = [1, 70_000, 600_001, 33_554_433, 41_000_003, 41_000_004, BYTES.byteLength];
    for (const [index, end] of ends.entries()) {
      const upload = await store.appendUpload('app', session, chunks(ends[index - 1] ?? 0, end));
      expect(upload.size).toBe(end);
      await between();
      expect(await store.statUpload('app', session)).toEqual({ session, size: end });
    }
    await store.finishUpload('app', session, digestAs('sha256'));
    expect(await isStored(digestAs('sha256'))).toBe(true);
  });

  it('goes on where its source broke off, also past the page cache', async () => {
    const { session } = await store.createUpload('app');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunks(0, 40_000_007);
      throw new Error('cable cut');
    }
    await expect(store.appendUpload('app', session, broken())).rejects.toThrow('cable cut');
    expect(await store.statUpload('app', session)).toEqual({ session, size: 40_000_007 });
    await store.appendUpload('app', session, chunks(40_000_007, BYTES.byteLength));
    await store.finishUpload('app', session, digestAs('sha256'));
    expect(await isStored(digestAs('sha256'))).toBe(true);
  });

  it('is refused, and gone, where it hashes to another digest', async () => {
    const { session } = await store.createUpload('app');
    await store.appendUpload('app', session, chunks(0, BYTES.byteLength - 1));
    await expect(store.finishUpload('app', session, digestAs('sha256'))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(await store.statUpload('app', session)).toBeUndefined();
  });
});
