/**
 * An image with an entry of every kind, read by Go's archive/tar, as Docker, containerd and podman read it. Two layers:
 * the upper one removes, replaces and links.
 */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildLayer,
  createImage,
  createImageIndex,
  file,
  MemoryBlobStore,
  opaqueWhiteout,
  symlink,
  whiteout,
} from '@quinistry/oci-image';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixedTree } from '../../../oci-image/test/fixed-tree.js';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { createRegistry, startServer } from '../../src/index.js';
import { createImageStorage } from '../../src/storage/image-storage.js';
import { run } from './process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

async function buildImages() {
  const store = new MemoryBlobStore();
  const base = await buildLayer(fixedTree(), { store });
  const change = await buildLayer(
    [whiteout('etc/hello'), opaqueWhiteout('order'), file('order/new', 'new'), symlink('latest', 'order/new')],
    { store, parents: 'omit' },
  );
  const description = createImage({ platform: 'linux/amd64' })
    .addLayer(base, { createdBy: 'base' })
    .addHistory({ createdBy: 'no file changed' })
    .addLayer(change)
    .withContainer({ cmd: ['/bin/setuid'], healthcheck: { test: ['CMD', '/bin/setuid'], intervalMs: 1500 } });
  const oci = await description.build(store);
  const docker = await description.toFamily('docker').build(store);
  const arm = await createImage({ platform: 'linux/arm64' }).addLayer(base).build(store);
  return { oci, docker, index: await createImageIndex().add(arm).add(oci).build(store) };
}

describeWith([command('skopeo'), command('umoci'), root], 'an image with an entry of every kind', () => {
  const scope = new Scope();
  let images: Awaited<ReturnType<typeof buildImages>>;
  let repository: string;
  let folder: string;

  beforeAll(async () => {
    images = await buildImages();
    const registry = createRegistry({ storage: createImageStorage({ 'every/entry': { ...images } }) });
    const server = await startServer({ registry });
    scope.defer(() => server.close());
    repository = `docker://127.0.0.1:${server.port}/every/entry`;
    folder = await temporaryFolder(scope, 'entries');
  });
  afterAll(() => scope.end());

  it.each(['oci', 'docker', 'index'] as const)('is copied by skopeo, manifests unchanged: %s', async (tag) => {
    const target = `dir:${join(folder, tag)}`;
    await run('skopeo', [
      'copy',
      '--all',
      '--preserve-digests',
      '--src-tls-verify=false',
      `${repository}:${tag}`,
      target,
    ]);
    expect(await run('skopeo', ['inspect', '--format', '{{.Digest}}', target])).toBe(images[tag].digest);
  });

  it('is chosen from the index by its platform', async () => {
    const args = ['--override-os', 'linux', '--override-arch', 'arm64', 'inspect', '--config', '--tls-verify=false'];
    const config = JSON.parse(await run('skopeo', [...args, `${repository}:index`]));
    expect(config).toMatchObject({ architecture: 'arm64', variant: 'v8' });
  });

  it('is unpacked by umoci to the files, owners, modes and times that were written', async () => {
    const layout = join(folder, 'layout');
    await run('skopeo', ['copy', '--src-tls-verify=false', `${repository}:oci`, `oci:${layout}:latest`]);
    await run('umoci', ['unpack', '--image', `${layout}:latest`, join(folder, 'bundle')]);
    const rootfs = join(folder, 'bundle/rootfs');
    const stat = (path: string) => lstat(join(rootfs, path));

    expect((await stat('.')).mode & 0o7777).toBe(0o711);
    expect((await stat('tmp')).mode & 0o7777).toBe(0o1777);
    expect((await stat('bin/setuid')).mode & 0o7777).toBe(0o4755);
    expect((await stat('bin/setgid')).mode & 0o7777).toBe(0o2755);
    expect((await stat('etc/no-mode')).mode & 0o7777).toBe(0);
    expect(await stat('owner/openshift')).toMatchObject({ uid: 1_000_690_000, gid: 1_000_690_000 });
    expect((await stat('time/before')).mtimeMs).toBe(-100_500);
    expect((await stat('time/date')).mtime).toEqual(new Date('2001-02-03T04:05:06.789Z'));
    expect((await stat('dev/null')).isCharacterDevice()).toBe(true);
    expect((await stat('dev/disk')).isBlockDevice()).toBe(true);
    expect((await stat('run/pipe')).isFIFO()).toBe(true);
    expect(await readdir(join(rootfs, 'empty'))).toEqual([]);

    const names = await readdir(join(rootfs, 'name'), { encoding: 'latin1' });
    expect(names).toEqual(expect.arrayContaining(['caf\u00e9', 'caf\u00c3\u00a9', 'n'.repeat(200)]));
    expect(await readlink(join(rootfs, 'link-to-latin'), { encoding: 'latin1' })).toBe('name/caf\u00e9');
    // The upper layer took one name of the file away; its bytes are still there under the other.
    expect(await readdir(join(rootfs, 'etc'))).not.toContain('hello');
    expect(await readFile(join(rootfs, 'hard'), 'utf8')).toBe('hello\n');
    expect(await readdir(join(rootfs, 'order'))).toEqual(['new']);
    expect(await readFile(join(rootfs, 'latest'), 'utf8')).toBe('new');
  });
});
