import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestHex } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, digestsOfTag, EVERYTHING, imageOf, pushBlob, pushImage } from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { findingsIn, openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-damaged-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
});

afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

async function collect(): Promise<{ readonly names: readonly string[]; readonly failure: unknown }> {
  const names: string[] = [];
  try {
    for await (const { repository, name } of store.collectGarbage({ graceMs: -1000 }))
      names.push(`${repository} ${name}`);
    return { names, failure: undefined };
  } catch (failure) {
    return { names, failure };
  }
}

describe('a repository whose index.json is none', () => {
  beforeEach(async () => {
    await mkdir(join(root, 'broken', 'blobs', 'sha256'), { recursive: true });
    await writeFile(join(root, 'broken', 'index.json'), '{"schemaVersion":2,"manif');
  });

  it('does not hide the others', async () => {
    await pushBlob(store, 'whole', blobOf('x'));
    for (let round = 0; round < 2; round++) {
      expect(await store.listRepositories(EVERYTHING)).toEqual(['broken', 'whole']);
      await expect(store.listTags('broken', EVERYTHING)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    }
  });

  it('takes no manifest, for a reason that is not the manifest', async () => {
    const blob = await pushBlob(store, 'broken', blobOf('{}'));
    await expect(store.writeManifest('broken', imageOf([blob]))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('broken/index.json'),
    });
  });

  it('keeps its garbage, and no other one', async () => {
    const orphan = await pushBlob(store, 'whole', blobOf('orphan'));
    await pushBlob(store, 'broken', blobOf('orphan of nobody knows what'));
    const { names, failure } = await collect();
    expect(names).toEqual([`whole ${orphan.digest}`]);
    expect(failure).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('the garbage of broken'),
    });
  });
});

describe('a repository whose index.json was damaged while the journal had more for it', () => {
  it('does not keep the store from being opened, and has it all once the file is whole', async () => {
    await pushImage(store, 'broken', '{}', { tags: ['first'] });
    await store.flush();
    const whole = await readFile(join(root, 'broken', 'index.json'));
    const { manifest } = await pushImage(store, 'broken', '{"second":true}', { tags: ['second'] });
    await writeFile(join(root, 'broken', 'index.json'), whole.subarray(0, 50));
    await pushImage(store, 'whole', '{}', { tags: ['latest'] });
    await openKilledCopy(root, async (again, directory) => {
      expect(await again.listTags('whole', EVERYTHING)).toEqual(['latest']);
      await expect(again.listTags('broken', EVERYTHING)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
      await writeFile(join(directory, 'broken', 'index.json'), whole);
      expect(await again.listTags('broken', EVERYTHING)).toEqual(['first', 'second']);
      expect(await digestsOfTag(again, 'broken', 'second')).toEqual([manifest.digest]);
      await again.flush();
      expect(await findingsIn(directory)).toEqual([]);
    });
  });
});

describe('a repository with a damaged manifest', () => {
  it('keeps its garbage, and no other one', async () => {
    const { manifest } = await pushImage(store, 'broken', '{}', { tags: ['latest'] });
    await pushBlob(store, 'broken', blobOf('orphan of nobody knows what'));
    const orphan = await pushBlob(store, 'whole', blobOf('orphan'));
    await store.close();
    await writeFile(join(root, 'broken', 'blobs', 'sha256', digestHex(manifest.digest)), 'damaged');
    store = await openDirectoryStore(root, { recheckMs: 0 });
    const { names, failure } = await collect();
    expect(names).toEqual([`whole ${orphan.digest}`]);
    expect(failure).toMatchObject({ message: expect.stringContaining('the garbage of broken stays') });
  });
});
