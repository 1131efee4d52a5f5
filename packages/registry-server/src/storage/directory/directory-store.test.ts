import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  blobOf,
  descriptorOf,
  EVERYTHING,
  imageOf,
  indexOf,
  noteOf,
  pushBlob,
  pushImage,
  readBlob,
} from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { Journal } from './journal.js';
import { findingsIn, openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
});

afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

describe('openDirectoryStore', () => {
  it('refuses a directory that another store has open, and names the process', async () => {
    await expect(openDirectoryStore(root)).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: expect.stringContaining(String(process.pid)),
    });
  });

  it.each(['a/blobs', 'a/blobs/sha256', 'a/index.json', 'a/oci-layout', 'a/index.json/b'])(
    'keeps no repository %s, which would lie among the files of another one',
    async (name) => {
      await pushBlob(store, 'a', blobOf('x'));
      const refusal = { code: 'NAME_UNAVAILABLE' };
      await expect(store.createUpload(name)).rejects.toMatchObject(refusal);
      await expect(store.mountBlob(name, blobOf('x').digest, 'a')).rejects.toMatchObject(refusal);
      await expect(store.writeManifest(name, noteOf('x'))).rejects.toMatchObject(refusal);
      expect(await store.statBlob(name, blobOf('x').digest)).toBeUndefined();
      expect(await store.listTags(name, EVERYTHING)).toBeUndefined();
      expect(await store.listRepositories(EVERYTHING)).toEqual(['a']);
    },
  );

  it.each(['../a', '/etc', 'a/../../b', '.quinistry', '.quinistry/uploads', 'a//b', 'A', ''])(
    'touches nothing for the name %j',
    async (name) => {
      await expect(store.createUpload(name)).rejects.toMatchObject({ code: 'NAME_UNAVAILABLE' });
      expect(await store.resolveTag(name, 'latest')).toEqual([]);
      expect(await store.statUpload(name, '00000000-0000-0000-0000-000000000000')).toBeUndefined();
      expect(await readdir(root)).toEqual(['.quinistry']);
    },
  );

  it('says NAME_UNAVAILABLE where a file is in the way', async () => {
    await writeFile(join(root, 'notes'), 'mine');
    await expect(pushBlob(store, 'notes/app', blobOf('x'))).rejects.toMatchObject({ code: 'NAME_UNAVAILABLE' });
    expect(await readFile(join(root, 'notes'), 'utf8')).toBe('mine');
  });

  it('keeps a blob of two repositories as one file', async () => {
    const blob = await pushBlob(store, 'a', blobOf('shared'));
    await store.mountBlob('b', blob.digest, 'a');
    await pushBlob(store, 'c', blobOf('shared'));
    await expect(linksOf(root, blob.digest)).resolves.toEqual([3, 3, 3]);
  });

  it('removes a repository that has become empty, and no other one', async () => {
    const parent = await pushBlob(store, 'a', blobOf('parent'));
    const child = await pushImage(store, 'a/b/c', 'child', { tags: ['latest'] });
    await store.deleteManifest('a/b/c', child.manifest.digest);
    await store.deleteBlob('a/b/c', child.blob.digest);
    await store.flush();
    expect(await readdir(join(root, 'a'))).toEqual(['blobs', 'index.json', 'oci-layout']);
    await pushImage(store, 'a/b', 'again', { tags: ['latest'] });
    await store.deleteBlob('a', parent.digest);
    await store.flush();
    expect(await readdir(join(root, 'a'))).toEqual(['b']);
    expect(await findingsIn(root)).toEqual([]);
  });
});

describe('a store that was killed', () => {
  it('has every push and every deletion that was acknowledged, whether index.json has it or not', async () => {
    const images = [];
    for (let n = 0; n < 20; n++)
      images.push(await pushImage(store, 'app', `image ${n}`, { tags: [`v${n}`, 'latest'] }));
    const [first, second, last] = [images[0], images[1], images[19]];
    if (!first || !second || !last) throw new Error('twenty images were pushed');
    await store.deleteManifest('app', first.manifest.digest);
    await store.deleteTag('app', 'v1');
    await openKilledCopy(root, async (again, directory) => {
      expect(await again.listTags('app', EVERYTHING)).toHaveLength(19);
      expect(await again.resolveTag('app', 'latest')).toMatchObject([{ digest: last.manifest.digest }]);
      expect(await again.readManifest('app', first.manifest.digest)).toBeUndefined();
      expect(await again.readManifest('app', second.manifest.digest)).toBeDefined();
      expect(await again.resolveTag('app', 'v1')).toEqual([]);
      expect(await findingsIn(directory)).toEqual([]);
    });
  });

  it('has no tag again that left with its manifest, under the manifest that it named before', async () => {
    // Its file is gone when the process is killed, and the journal does not say so yet.
    vi.spyOn(Journal.prototype, 'settle').mockResolvedValue();
    await pushImage(store, 'app', 'before', { tags: ['moved'] });
    const { manifest } = await pushImage(store, 'app', 'after', { tags: ['moved'] });
    await store.deleteManifest('app', manifest.digest);
    await store.flush();
    vi.restoreAllMocks();
    await openKilledCopy(root, async (again) => {
      expect(await again.resolveTag('app', 'moved')).toEqual([]);
      expect(await again.listTags('app', EVERYTHING)).toEqual([]);
    });
  });

  it('is whole around every blob that was acknowledged, also of those that come first and at once', async () => {
    const files = ['oci-layout', 'index.json'].map((file) => join(root, 'app', file));
    const pushAndLook = async (content: string) => {
      await pushBlob(store, 'app', blobOf(content));
      return Promise.all(files.map((file) => lstat(file)));
    };
    const pushes = [];
    for (let n = 0; n < 32; n++) {
      pushes.push(pushAndLook(`blob ${n}`));
      await setImmediate(); // one after the other, so that each finds the layout further on
    }
    await expect(Promise.all(pushes)).resolves.toHaveLength(32);
  });

  it('is whole wherever a collection of garbage had come to', async () => {
    const { manifest } = await pushImage(store, 'app', 'member');
    const inner = indexOf([descriptorOf(manifest)]);
    await store.writeManifest('app', inner);
    const outer = indexOf([descriptorOf(inner), descriptorOf(manifest)]);
    await store.writeManifest('app', outer);
    const collected = [];
    for await (const { name } of store.collectGarbage({ graceMs: 0, untagged: true })) {
      collected.push(name);
      await openKilledCopy(root, async (_, directory) => expect(await findingsIn(directory)).toEqual([]));
    }
    expect(collected.slice(0, 3)).toEqual([outer.digest, inner.digest, manifest.digest]);
  });

  it('takes no notice of a journal whose end is torn, at whatever byte', async () => {
    await pushImage(store, 'app', 'first', { tags: ['first'] });
    await store.flush();
    await store.close();
    const before = await readFile(join(root, '.quinistry', 'journal'));
    store = await openDirectoryStore(root);
    const image = imageOf([blobOf('first')]);
    await store.writeManifest('app', image, { tags: ['second'] });
    const journal = await readFile(join(root, '.quinistry', 'journal'));
    const index = await readFile(join(root, 'app', 'index.json'));
    const end = journal.indexOf(0);
    expect(before.equals(journal)).toBe(false);
    const start = journal.indexOf(0x0a) + 1;
    for (const cut of [start + 1, start + 9, start + 50, end - 1]) {
      await openKilledCopy(root, async (again) => {
        await again.close();
        await writeFile(join(again.root, 'app', 'index.json'), index);
        await writeFile(
          join(again.root, '.quinistry', 'journal'),
          Buffer.concat([journal.subarray(0, cut), Buffer.alloc(100)]),
        );
        const torn = await openDirectoryStore(again.root);
        expect(await torn.listTags('app', EVERYTHING)).toContain('first');
        await torn.close();
      });
    }
  });

  it('lets uploads go on from the byte that they reached', async () => {
    const blob = blobOf(200_000);
    const { session } = await store.createUpload('app');
    await store.appendUpload('app', session, chunks(blob.bytes.subarray(0, 150_000)));
    await openKilledCopy(root, async (again) => {
      expect(await again.statUpload('app', session)).toEqual({ session, size: 150_000 });
      await again.appendUpload('app', session, chunks(blob.bytes.subarray(150_000)));
      await again.finishUpload('app', session, blob.digest);
      expect(await readBlob(again, 'app', blob)).toBe(blob.digest);
    });
  });

  it('leaves nothing of files that were not finished', async () => {
    await mkdir(join(root, '.quinistry', 'temporary'), { recursive: true });
    await writeFile(join(root, '.quinistry', 'temporary', 'left-over'), 'half');
    await openKilledCopy(root, async (_, directory) => {
      expect(await readdir(join(directory, '.quinistry', 'temporary'))).toEqual([]);
    });
  });
});

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function linksOf(directory: string, digest: string): Promise<number[]> {
  const paths = ['a', 'b', 'c'].map((name) => join(directory, name, 'blobs', 'sha256', digest.slice('sha256:'.length)));
  return (await Promise.all(paths.map((path) => lstat(path)))).map(({ nlink }) => nlink);
}
