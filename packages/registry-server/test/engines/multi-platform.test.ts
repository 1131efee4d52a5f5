import { join } from 'node:path';
import { type BlobStore, createImageIndex, type Image, type ImageIndex, MemoryBlobStore } from '@quinistry/oci-image';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { BuildahClient } from './clients/buildah-client.js';
import { findIn } from './clients/client.js';
import { CraneClient } from './clients/crane-client.js';
import { SkopeoClient } from './clients/skopeo-client.js';
import { Containerd } from './containerd.js';
import { buildSample, writeImageLayout } from './image-layout.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const ARCHITECTURES = ['amd64', 'arm64'] as const;

describeWith([command('crane', ['version'])], 'an index of two platforms', () => {
  const scope = new Scope();
  let registry: RegistryProcess;
  let crane: CraneClient;

  beforeAll(async () => {
    const store = join(await temporaryFolder(scope, 'store'), 'store');
    registry = await RegistryProcess.start(scope, ['--storage', store]);
    crane = await CraneClient.start(scope);
  });
  afterAll(() => scope.end());

  function buildMembers(store: BlobStore = new MemoryBlobStore()): Promise<Image<'oci'>[]> {
    return Promise.all(ARCHITECTURES.map((architecture) => buildSample({ store, platform: `linux/${architecture}` })));
  }

  async function buildIndex(): Promise<ImageIndex<'oci'>> {
    const store = new MemoryBlobStore();
    const members = await buildMembers(store);
    return members.reduce((description, image) => description.add(image), createImageIndex()).build(store);
  }

  /** Asks crane for the index and for what is in it. */
  async function expectIndex(repository: string, digest: string): Promise<void> {
    const reference = `${registry.host}/${repository}:multi`;
    expect(await registry.resolve(repository, 'multi')).toBe(digest);
    for (const architecture of ARCHITECTURES) {
      const config = JSON.parse(await crane.command('config', '--platform', `linux/${architecture}`, reference));
      expect(config).toMatchObject({ os: 'linux', architecture });
    }
    await crane.command('validate', '--remote', reference);
  }

  it('is put together by crane from images that are there', async () => {
    const repository = `${registry.host}/platforms/crane`;
    const digests: string[] = [];
    for (const image of await buildMembers()) {
      digests.push(await crane.push(await writeImageLayout(scope, image), `${repository}:latest`));
    }
    const members = digests.flatMap((digest) => ['--manifest', `${repository}@${digest}`]);
    const appended = await crane.command('index', 'append', ...members, '--tag', `${repository}:multi`);
    await expectIndex('platforms/crane', findIn(appended, /sha256:[0-9a-f]{64}$/));
  });

  describeWith([command('skopeo')], 'and skopeo', () => {
    it('is copied with all its images, there and back', async () => {
      const index = await buildIndex();
      const reference = `${registry.host}/platforms/skopeo:multi`;
      const skopeo = await SkopeoClient.start(scope);
      expect(await skopeo.push(await writeImageLayout(scope, index), reference)).toBe(index.digest);
      await expectIndex('platforms/skopeo', index.digest);
      expect(await skopeo.pull(reference)).toBe(index.digest);
    });
  });

  describeWith([root, command('buildah')], 'and buildah', () => {
    it('is made by buildah and pushed with all its images', async () => {
      const buildah = await BuildahClient.start(scope);
      await buildah.command('manifest', 'create', 'multi');
      for (const image of await buildMembers()) {
        await buildah.command('manifest', 'add', 'multi', await buildah.load(await writeImageLayout(scope, image)));
      }
      const target = `docker://${registry.host}/platforms/buildah:multi`;
      await buildah.command('manifest', 'push', '--all', '--tls-verify=false', 'multi', target);
      const digest = await registry.resolve('platforms/buildah', 'multi');
      await expectIndex('platforms/buildah', String(digest));
    });
  });

  describeWith([root, command('containerd'), command('ctr')], 'and containerd', () => {
    it('is pulled with all its images, and pushed on', async () => {
      const index = await buildIndex();
      const source = `${registry.host}/platforms/source:multi`;
      await crane.push(await writeImageLayout(scope, index), source);
      const containerd = await Containerd.start(scope);
      const target = `${registry.host}/platforms/containerd:multi`;
      await containerd.ctr('image', 'pull', '--plain-http', '--all-platforms', source);
      await containerd.ctr('image', 'tag', source, target);
      await containerd.ctr('image', 'push', '--plain-http', target);
      await expectIndex('platforms/containerd', index.digest);
    });
  });
});
