import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, readAll } from '@quinistry/oci-image';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScratchBlobStore } from './scratch-blob-store.js';

let directory: string;
let store: ScratchBlobStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scratch-'));
  store = new ScratchBlobStore(directory);
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

const BYTES = Buffer.from('0123456789');

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield BYTES.subarray(0, 4);
  yield BYTES.subarray(4);
}

/** Files of the directory that this process has open; the system marks those without a name. */
async function openFiles(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link.startsWith(directory)).length;
}

describe('ScratchBlobStore', () => {
  it('gives back a blob and parts of it, and leaves nothing when it is closed', async () => {
    const info = await store.write(chunks());
    expect(info).toEqual({ digest: digestOf(BYTES), size: 10 });
    expect(await store.stat(info.digest)).toEqual(info);
    for (const [range, expected] of [
      [undefined, '0123456789'],
      [{ start: 3, end: 7 }, '3456'],
      [{ start: 8, end: 10 }, '89'],
    ] as const) {
      expect(String(await readAll(store.open(info.digest, { range }), { maxBytes: 10 }))).toBe(expected);
    }
    expect(await readdir(directory)).toHaveLength(1);
    await store.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('takes over what the store of another process has written', async () => {
    const other = new ScratchBlobStore(directory);
    const info = await other.write(chunks());
    await store.adopt(info, other.path(info.digest));
    expect(String(await readAll(store.open(info.digest), { maxBytes: 10 }))).toBe('0123456789');
    await store.adopt(info, other.path(info.digest));
    await other.close();
  });

  it('knows nothing of other blobs', async () => {
    const digest = digestOf(Buffer.from('another one'));
    expect(await store.stat(digest)).toBeUndefined();
    await expect(readAll(store.open(digest), { maxBytes: 10 })).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
  });

  it.runIf(process.platform === 'linux')(
    'has one file for a blob, and none for what it refused (on Linux)',
    async () => {
      await store.write(chunks());
      await store.write(chunks());
      await expect(store.write(chunks(), { expected: { size: 9 } })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
      const digest = digestOf(Buffer.from('another one'));
      await expect(store.write(chunks(), { expected: { digest } })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      await expect(store.write(chunks(), { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
      expect(await openFiles()).toBe(1);
      await store.close();
      expect(await openFiles()).toBe(0);
    },
  );
});
