import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestHex } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { descriptorOf, EVERYTHING, indexOf, pushImage } from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { DurableFiles } from './durable-file.js';
import { Journal } from './journal.js';
import { formatLayoutIndex, parseLayoutIndex, tagOf, withTag } from './layout-index.js';
import { Repository } from './repository.js';
import { openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

async function readIndex(repository: string) {
  return parseLayoutIndex(await readFile(join(root, repository, 'index.json')));
}

describe('index.json, written by another tool while the store is open', () => {
  it('is served from then on', async () => {
    const { manifest } = await pushImage(store, 'app', 'config', { tags: ['ours'] });
    await store.flush();
    const { header, manifests } = await readIndex('app');
    const entry = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
    const theirs = withTag({ ...entry, annotations: { 'org.example.note': 'kept' } }, 'theirs');
    await writeFile(join(root, 'app', 'index.json'), formatLayoutIndex({ header, manifests: [...manifests, theirs] }));
    expect(await store.listTags('app', EVERYTHING)).toEqual(['ours', 'theirs']);
    await store.writeManifest('app', manifest, { tags: ['later'] });
    await store.flush();
    expect((await readIndex('app')).manifests).toContainEqual(theirs);
  });

  it('loses nothing to a tool that read it before a push and writes it after', async () => {
    const first = await pushImage(store, 'app', 'first', { tags: ['a'] });
    await store.flush();
    const before = await readIndex('app');
    const second = await pushImage(store, 'app', 'second', { tags: ['b', 'a'] });
    await store.flush();
    const third = await pushImage(store, 'app', 'third', { tags: ['c'] });
    const [entry] = before.manifests;
    if (!entry) throw new Error('the first image is listed');
    const manifests = [...before.manifests, withTag(entry, 'theirs')];
    await writeFile(join(root, 'app', 'index.json'), formatLayoutIndex({ ...before, manifests }));
    expect(await store.listTags('app', EVERYTHING)).toEqual(['a', 'b', 'c', 'theirs']);
    expect(await store.resolveTag('app', 'a')).toMatchObject([{ digest: second.manifest.digest }]);
    await store.flush();
    await openKilledCopy(root, async (again) => {
      expect(await again.listTags('app', EVERYTHING)).toEqual(['a', 'b', 'c', 'theirs']);
      expect(await again.resolveTag('app', 'b')).toMatchObject([{ digest: second.manifest.digest }]);
      expect(await again.resolveTag('app', 'theirs')).toMatchObject([{ digest: first.manifest.digest }]);
      expect(await again.resolveTag('app', 'c')).toMatchObject([{ digest: third.manifest.digest }]);
    });
  });

  it('loses nothing to such a tool either of what was in the journal alone when the process was killed', async () => {
    vi.spyOn(Journal.prototype, 'settle').mockResolvedValue();
    const { manifest } = await pushImage(store, 'app', 'first', { tags: ['a'] });
    await store.flush();
    const before = await readIndex('app');
    await pushImage(store, 'app', 'second', { tags: ['b'] });
    vi.restoreAllMocks();
    await openKilledCopy(root, async (again, directory) => {
      const theirs = withTag(descriptorOf(manifest), 'theirs');
      const rewritten = formatLayoutIndex({ ...before, manifests: [...before.manifests, theirs] });
      await writeFile(join(directory, 'app', 'index.json'), rewritten);
      await expect.poll(() => again.listTags('app', EVERYTHING)).toEqual(['a', 'b', 'theirs']);
    });
  });

  it('is believed where a tag is turned back and nothing else is new', async () => {
    const first = await pushImage(store, 'app', 'first', { tags: ['a'] });
    await store.flush();
    const before = await readFile(join(root, 'app', 'index.json'));
    await pushImage(store, 'app', 'second', { tags: ['a'] });
    await store.flush();
    await writeFile(join(root, 'app', 'index.json'), before);
    expect(await store.resolveTag('app', 'a')).toMatchObject([{ digest: first.manifest.digest }]);
  });

  it('is believed where it has lost entries and gained none: they were removed', async () => {
    await pushImage(store, 'app', 'config', { tags: ['a', 'b'] });
    await store.flush();
    const { header, manifests } = await readIndex('app');
    await writeFile(join(root, 'app', 'index.json'), formatLayoutIndex({ header, manifests: manifests.slice(0, 1) }));
    expect(await store.listTags('app', EVERYTHING)).toEqual(['a']);
  });

  it('has what it lost put back, though the journal takes nothing at that moment', async () => {
    const { manifest } = await pushImage(store, 'app', 'first', { tags: ['a'] });
    await store.flush();
    const before = await readIndex('app');
    await pushImage(store, 'app', 'second', { tags: ['b'] });
    await store.flush();
    const manifests = [...before.manifests, withTag(descriptorOf(manifest), 'theirs')];
    await writeFile(join(root, 'app', 'index.json'), formatLayoutIndex({ ...before, manifests }));
    vi.spyOn(Journal.prototype, 'append').mockRejectedValueOnce(new Error('the disk is full'));
    expect(await store.listTags('app', EVERYTHING)).toEqual(['a', 'b', 'theirs']);
    await store.close();
    expect((await readIndex('app')).manifests.map(tagOf).sort()).toEqual(['a', 'b', 'theirs']);
    store = await openDirectoryStore(root);
  });

  it('is not replaced by what was prepared before, though somebody has asked for what it says meanwhile', async () => {
    const { manifest } = await pushImage(store, 'app', 'config', { tags: ['ours'] });
    await store.flush();
    const { header, manifests } = await readIndex('app');
    const theirs = withTag(descriptorOf(manifest), 'theirs');
    const { prepare } = DurableFiles.prototype;
    const spy = vi.spyOn(DurableFiles.prototype, 'prepare').mockImplementation(async function (
      this: DurableFiles,
      ...args
    ) {
      const prepared = await prepare.apply(this, args);
      if (args[1] !== join(store.root, 'app', 'index.json')) return prepared;
      spy.mockRestore();
      await writeFile(args[1], formatLayoutIndex({ header, manifests: [...manifests, theirs] }));
      expect(await store.listTags('app', EVERYTHING)).toEqual(['later', 'ours', 'theirs']);
      return prepared;
    });
    await store.writeManifest('app', manifest, { tags: ['later'] });
    await store.flush();
    expect((await readIndex('app')).manifests.map(tagOf)).toEqual(['ours', 'theirs', 'later']);
  });

  it.each([
    ['lacks', false],
    ['lists, as it had read it before,', true],
  ])(
    'has no manifest again that was deleted, of which the file is still to go, where the tool %s it',
    async (_, isListed) => {
      const { manifest } = await pushImage(store, 'app', 'member');
      await store.writeManifest('app', indexOf([descriptorOf(manifest)]), { tags: ['multi'] });
      await store.flush();
      const before = await readIndex('app');
      const { removeFiles } = Repository.prototype;
      const spy = vi.spyOn(Repository.prototype, 'removeFiles').mockImplementation(async function (
        this: Repository,
        ...args
      ) {
        spy.mockRestore();
        const { header, manifests } = isListed ? before : await readIndex('app');
        const [entry] = manifests.filter((each) => tagOf(each) === 'multi');
        if (!entry) throw new Error('the index is listed');
        const rewritten = formatLayoutIndex({ header, manifests: [...manifests, withTag(entry, 'theirs')] });
        await writeFile(join(root, 'app', 'index.json'), rewritten);
        expect(await store.listTags('app', EVERYTHING)).toEqual(['multi', 'theirs']);
        await removeFiles.apply(this, args);
      });
      await store.deleteManifest('app', manifest.digest);
      await store.flush();
      await store.flush();
      expect(await store.readManifest('app', manifest.digest)).toBeUndefined();
      expect(await store.statBlob('app', manifest.digest)).toBeUndefined();
      await expect(lstat(join(root, 'app', 'blobs', 'sha256', digestHex(manifest.digest)))).rejects.toMatchObject({
        code: 'ENOENT',
      });
    },
  );

  it('is left alone while it is half written, and what was there before is served', async () => {
    const { manifest } = await pushImage(store, 'app', 'config', { tags: ['a'] });
    await store.flush();
    const whole = await readFile(join(root, 'app', 'index.json'));
    await writeFile(join(root, 'app', 'index.json'), whole.subarray(0, 50));
    expect(await store.resolveTag('app', 'a')).toMatchObject([{ digest: manifest.digest }]);
    await writeFile(join(root, 'app', 'index.json'), whole);
    expect(await store.listTags('app', EVERYTHING)).toEqual(['a']);
  });
});
