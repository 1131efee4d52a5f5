import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, descriptorOf, imageOf, indexOf, pushBlob, pushImage } from '../testing/sample-content.js';
import { openDirectoryStore } from './directory-store.js';
import type { Finding } from './finding.js';
import { verifyDirectory } from './verify-directory.js';
import type { VerifyOptions } from './verify-layout.js';

let root: string;
let image: Awaited<ReturnType<typeof pushImage>>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-verify-'));
  const store = await openDirectoryStore(root);
  image = await pushImage(store, 'team/app', 'config', { tags: ['latest'] });
  await store.writeManifest('team/app', indexOf([descriptorOf(image.manifest)]), { tags: ['multi'] });
  await pushBlob(store, 'team/app', blobOf('strong', 'sha512'));
  await pushBlob(store, 'team', blobOf('other'));
  await store.close();
});

afterEach(() => rm(root, { recursive: true }));

async function verify(options?: VerifyOptions): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of verifyDirectory(root, options)) found.push(finding);
  return found;
}

function pathOf(digest: string): string {
  return `team/app/blobs/${digest.replace(':', '/')}`;
}

describe('verifyDirectory', () => {
  it('finds nothing wrong with what the store wrote', async () => {
    expect(await verify()).toEqual([]);
  });

  it('finds bytes that are others than their name says, in either algorithm', async () => {
    const strong = blobOf('strong', 'sha512').digest;
    await writeFile(join(root, pathOf(strong)), 'strung');
    await writeFile(join(root, pathOf(image.blob.digest)), 'CONFIG');
    const found = await verify();
    expect(found).toHaveLength(2);
    for (const digest of [strong, image.blob.digest]) {
      expect(found).toContainEqual({
        path: pathOf(digest),
        problem: expect.stringContaining('hashes to'),
        expected: digest,
      });
    }
  });

  it('finds a file that was cut short, by its bytes and by what names it', async () => {
    await truncate(join(root, pathOf(image.blob.digest)), 2);
    expect(await verify()).toEqual([
      { path: pathOf(image.blob.digest), problem: expect.stringContaining('hashes to'), expected: image.blob.digest },
      {
        path: pathOf(image.blob.digest),
        problem: 'has 2 bytes',
        expected: `${image.blob.size} bytes, as ${pathOf(image.manifest.digest)} says`,
      },
    ]);
  });

  it('finds a blob and a manifest that are missing, and says what names them', async () => {
    await rm(join(root, pathOf(image.blob.digest)));
    expect(await verify()).toEqual([
      {
        path: pathOf(image.blob.digest),
        problem: `is missing, and ${pathOf(image.manifest.digest)} names it`,
        expected: `a blob of ${image.blob.size} bytes`,
      },
    ]);
    await rm(join(root, pathOf(image.manifest.digest)));
    const problems = (await verify()).map(({ problem }) => problem);
    expect(problems).toContain('is missing, and team/app/index.json names it');
    expect(problems).toContain(`is missing, and ${pathOf(indexOf([descriptorOf(image.manifest)]).digest)} names it`);
  });

  it.each([
    ['index.json', '{"schemaVersion":2,'],
    ['index.json', '[]'],
    ['oci-layout', '{"imageLayoutVersion":"2.0.0"}'],
    ['oci-layout', ''],
  ])('finds an %s of %j', async (file, content) => {
    await writeFile(join(root, 'team/app', file), content);
    expect(await verify()).toEqual([
      { path: `team/app/${file}`, problem: expect.stringContaining('not a valid'), expected: expect.any(String) },
    ]);
  });

  it.each(['index.json', 'oci-layout'])('finds that %s is missing', async (file) => {
    await rm(join(root, 'team/app', file));
    expect(await verify()).toMatchObject([{ path: `team/app/${file}`, problem: 'is missing' }]);
  });

  it('finds files that do not belong there, and symbolic links', async () => {
    const blob = await readFile(join(root, pathOf(image.blob.digest)));
    await writeFile(join(root, 'notes.txt'), '');
    await mkdir(join(root, 'team/app/Upper'));
    await writeFile(join(root, 'team/app/blobs/sha256/short'), blob);
    await mkdir(join(root, 'team/app/blobs/md5'));
    await symlink('/etc', join(root, 'team/link'));
    await symlink('/etc/hostname', join(root, `team/app/blobs/sha256/${'0'.repeat(64)}`));
    expect((await verify()).map(({ path }) => path).sort()).toEqual([
      'notes.txt',
      'team/app/Upper',
      `team/app/blobs/md5`,
      `team/app/blobs/sha256/${'0'.repeat(64)}`,
      'team/app/blobs/sha256/short',
      'team/link',
    ]);
  });

  describe('of manifests whose content need not all be there', () => {
    const sparse = true;

    it('says nothing of a blob or a member of an index that is missing', async () => {
      await rm(join(root, pathOf(image.blob.digest)));
      const store = await openDirectoryStore(root);
      const absent = imageOf([blobOf('absent')]);
      await store.writeManifest('team/app', indexOf([descriptorOf(absent)]), { tags: ['sparse'], sparse });
      await store.close();
      expect(await verify()).toHaveLength(2);
      expect(await verify({ sparse })).toEqual([]);
    });

    it('finds that a manifest is missing which index.json lists, whoever else names it', async () => {
      await rm(join(root, pathOf(image.manifest.digest)));
      expect(await verify({ sparse })).toEqual([
        {
          path: pathOf(image.manifest.digest),
          problem: 'is missing, and team/app/index.json names it',
          expected: `a blob of ${image.manifest.bytes.byteLength} bytes`,
        },
      ]);
    });

    it('finds what is wrong with content that is there', async () => {
      await truncate(join(root, pathOf(image.blob.digest)), 2);
      expect(await verify({ sparse })).toEqual(await verify());
      expect(await verify({ sparse })).toHaveLength(2);
    });
  });

  it('fails for a directory that is not there', async () => {
    await expect(async () => {
      for await (const _ of verifyDirectory(join(root, 'nowhere')));
    }).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
