import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { command, describeWith } from '../../../../oci-image/test/judges.js';
import {
  blobOf,
  descriptorOf,
  EVERYTHING,
  imageOf,
  indexOf,
  pushBlob,
  pushImage,
  readBlob,
} from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';

const skopeo = command('skopeo');
const umoci = command('umoci');

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-tools-'));
  store = await openDirectoryStore(join(root, 'store'));
});

afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

function run(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function layoutOf(repository: string, tag: string): string {
  return `oci:${store.root}/${repository}:${tag}`;
}

describeWith([skopeo], 'skopeo', () => {
  it('reads what was pushed, by its tag', async () => {
    const { manifest } = await pushImage(store, 'team/app', '{}', { tags: ['v1', 'v2'] });
    await store.flush();
    for (const tag of ['v1', 'v2']) {
      expect(run('skopeo', 'inspect', '--raw', layoutOf('team/app', tag))).toBe(Buffer.from(manifest.bytes).toString());
    }
  });

  it('copies an index with all its images', async () => {
    const { manifest } = await pushImage(store, 'app', '{}', {});
    const index = indexOf([descriptorOf(manifest)]);
    await store.writeManifest('app', index, { tags: ['multi'] });
    await store.flush();
    run(
      'skopeo',
      '--insecure-policy',
      'copy',
      '--all',
      '--preserve-digests',
      layoutOf('app', 'multi'),
      `oci:${root}/copy:multi`,
    );
    expect(run('skopeo', 'inspect', '--raw', `oci:${root}/copy:multi`)).toBe(Buffer.from(index.bytes).toString());
  });

  it('adds images while the store is open, to new repositories and to those that are pushed to', async () => {
    const { manifest, blob } = await pushImage(store, 'app', '{}', { tags: ['latest'] });
    const index = indexOf([descriptorOf(manifest)]);
    await store.writeManifest('app', index, { tags: ['multi'] });
    await store.flush();
    await mkdir(join(store.root, 'new')); // skopeo makes the last directory only
    run('skopeo', '--insecure-policy', 'copy', layoutOf('app', 'latest'), layoutOf('new/app', 'v1'));
    run(
      'skopeo',
      '--insecure-policy',
      'copy',
      '--all',
      '--preserve-digests',
      layoutOf('app', 'multi'),
      layoutOf('app', 'copied'),
    );
    await expect.poll(() => store.listTags('new/app', EVERYTHING)).toEqual(['v1']);
    await expect.poll(() => store.listTags('app', EVERYTHING)).toEqual(['copied', 'latest', 'multi']);
    expect(await store.resolveTag('app', 'copied')).toMatchObject([{ digest: index.digest }]);
    expect(await store.resolveTag('new/app', 'v1')).toMatchObject([{ digest: manifest.digest }]);
    expect(await readBlob(store, 'new/app', blob)).toBe(blob.digest);
    expect(await store.listRepositories(EVERYTHING)).toEqual(['app', 'new/app']);
  });

  it('fills a repository with an index whose images are then known by their digests', async () => {
    const { manifest } = await pushImage(store, 'app', '{}', {});
    const index = indexOf([descriptorOf(manifest)]);
    await store.writeManifest('app', index, { tags: ['multi'] });
    await store.flush();
    run(
      'skopeo',
      '--insecure-policy',
      'copy',
      '--all',
      '--preserve-digests',
      layoutOf('app', 'multi'),
      layoutOf('filled', 'multi'),
    );
    expect(await store.readManifest('filled', manifest.digest)).toMatchObject({ mediaType: manifest.mediaType });
    expect(await store.deleteManifest('filled', manifest.digest)).toBe(true);
    expect(await store.readManifest('filled', manifest.digest)).toBeUndefined();
    await store.flush();
    expect(await store.readManifest('filled', manifest.digest)).toBeUndefined();
    expect(await store.readManifest('filled', index.digest)).toBeDefined();
  });
});

describeWith([umoci], 'umoci', () => {
  it('lists, adds and removes tags', async () => {
    const { manifest } = await pushImage(store, 'app', '{}', { tags: ['v1', 'v2'] });
    await store.flush();
    const layout = `${store.root}/app`;
    expect(run('umoci', 'list', '--layout', layout).trim().split('\n').sort()).toEqual(['v1', 'v2']);
    run('umoci', 'tag', '--image', `${layout}:v1`, 'v3');
    run('umoci', 'remove', '--image', `${layout}:v2`);
    await expect.poll(() => store.listTags('app', EVERYTHING)).toEqual(['v1', 'v3']);
    const next = imageOf([await pushBlob(store, 'app', blobOf('{"next":true}'))]);
    await store.writeManifest('app', next, { tags: ['v4'] });
    await store.flush();
    expect(run('umoci', 'list', '--layout', layout).trim().split('\n').sort()).toEqual(['v1', 'v3', 'v4']);
    expect(await store.resolveTag('app', 'v3')).toMatchObject([{ digest: manifest.digest }]);
  });
});
