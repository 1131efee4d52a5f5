import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { CraneClient } from './clients/crane-client.js';
import { SkopeoClient } from './clients/skopeo-client.js';
import { buildSample, type ImageLayout, LAYOUT_TAG, writeImageLayout } from './image-layout.js';
import { run } from './process.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const crane = command('crane', ['version']);
const umoci = command('umoci');

describeWith([command('skopeo')], 'the directory of a running registry', () => {
  const scope = new Scope();
  let store: string;
  let before: ImageLayout;
  let registry: RegistryProcess;
  let skopeo: SkopeoClient;

  beforeAll(async () => {
    store = join(await temporaryFolder(scope, 'store'), 'store');
    skopeo = await SkopeoClient.start(scope);
    before = await writeImageLayout(scope, await buildSample());
    await mkdir(join(store, 'team'), { recursive: true });
    await fill('team/before', before);
    registry = await RegistryProcess.start(scope, ['--storage', store]);
  });
  afterAll(() => scope.end());

  /** As the administrator of the machine would do it: into the directory, past the registry. */
  async function fill(repository: string, { folder }: ImageLayout, tag = 'v1'): Promise<void> {
    await skopeo.command('copy', `oci:${folder}:${LAYOUT_TAG}`, `oci:${join(store, repository)}:${tag}`);
  }

  function reference(repository: string, tag = 'v1'): string {
    return `${registry.host}/${repository}:${tag}`;
  }

  /** A repository that has just been pushed to. What other tools read follows within moments. */
  async function push(repository: string): Promise<string> {
    const digest = await skopeo.push(await writeImageLayout(scope, await buildSample()), reference(repository));
    await expect.poll(() => inspect(repository), { timeout: 30_000 }).toBe(digest);
    return digest;
  }

  async function inspect(repository: string): Promise<string | undefined> {
    const layout = `oci:${join(store, repository)}:v1`;
    return JSON.parse(await skopeo.command('inspect', layout).catch(() => '{}')).Digest;
  }

  it('is read by skopeo as it stands', async () => {
    const digest = await push('pushed/skopeo');
    const copy = await SkopeoClient.start(scope);
    await skopeo.command(
      'copy',
      '--preserve-digests',
      `oci:${join(store, 'pushed/skopeo')}:v1`,
      `docker://${reference('copied')}`,
      '--dest-tls-verify=false',
    );
    expect(await copy.pull(reference('copied'))).toBe(digest);
  });

  describeWith([umoci, root], 'and umoci', () => {
    it('is unpacked by umoci as it stands', async () => {
      await push('pushed/umoci');
      const bundle = join(await temporaryFolder(scope, 'umoci'), 'bundle');
      await run('umoci', ['unpack', '--image', `${join(store, 'pushed/umoci')}:v1`, bundle]);
      expect((await stat(join(bundle, 'rootfs', 'layer-0'))).size).toBeGreaterThan(0);
    });
  });

  describeWith([crane], 'and crane', () => {
    it('is pushed on by crane as it stands', async () => {
      const digest = await push('pushed/crane');
      const client = await CraneClient.start(scope);
      await client.command('push', join(store, 'pushed/crane'), reference('elsewhere'));
      expect(await client.command('digest', reference('elsewhere'))).toBe(digest);
    });
  });

  it('has what skopeo put there before the start', async () => {
    expect(await registry.resolve('team/before', 'v1')).toBe(before.digest);
    expect(await skopeo.pull(reference('team/before'))).toBe(before.digest);
  });

  it('has what skopeo puts there meanwhile, in repositories that are new and in those that are not', async () => {
    const [first, second] = [await buildSample(), await buildSample()];
    await fill('team/meanwhile', await writeImageLayout(scope, first));
    await expect.poll(() => registry.resolve('team/meanwhile', 'v1'), { timeout: 30_000 }).toBe(first.digest);
    expect(await skopeo.pull(reference('team/meanwhile'))).toBe(first.digest);

    await fill('team/before', await writeImageLayout(scope, second), 'v2');
    await expect.poll(() => registry.resolve('team/before', 'v2'), { timeout: 30_000 }).toBe(second.digest);
    expect(await skopeo.pull(reference('team/before', 'v2'))).toBe(second.digest);
    expect(await skopeo.pull(reference('team/before', 'v1'))).toBe(before.digest);
  });

  it('has nothing wrong, and serves the same after a restart', async () => {
    const digests = await Promise.all(['v1', 'v2'].map((tag) => registry.resolve('team/before', tag)));
    await registry.stopAndVerify(store);
    registry = await RegistryProcess.start(scope, ['--storage', store]);
    for (const [position, tag] of ['v1', 'v2'].entries()) {
      expect(await skopeo.pull(reference('team/before', tag))).toBe(digests[position]);
    }
  });
});
