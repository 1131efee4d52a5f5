import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { findIn } from './clients/client.js';
import { CraneClient } from './clients/crane-client.js';
import { DockerClient } from './clients/docker-client.js';
import { OrasClient } from './clients/oras-client.js';
import { SkopeoClient } from './clients/skopeo-client.js';
import { buildSample, writeImageLayout } from './image-layout.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { memoryFolder, temporaryFolder } from './temporary-folder.js';

const GIBIBYTE = 2 ** 30;
const LAYERS = 100;
const TAGS = 10_000;
/** Requests at once, for what is pushed without a client. */
const CONNECTIONS = 16;

const crane = command('crane', ['version']);
const skopeo = command('skopeo');

describeWith([root, command('oras', ['version']), skopeo], 'a layer of 1 GiB', () => {
  const scope = new Scope();
  afterAll(() => scope.end());

  it('is pushed by oras and pulled by skopeo', async () => {
    const folder = await memoryFolder(scope, 'large');
    const registry = await RegistryProcess.start(scope, ['--storage', join(folder, 'store')]);
    const oras = await OrasClient.start(scope);
    const layer = join(folder, 'layer.tar');
    await writeRepeatedNoise(layer, GIBIBYTE);

    const reference = `${registry.host}/large:latest`;
    const typed = `${layer}:application/vnd.oci.image.layer.v1.tar`;
    const artifact = ['--artifact-type', 'application/vnd.example.large'];
    const pushed = await oras.command(
      'push',
      '--plain-http',
      '--disable-path-validation',
      ...artifact,
      reference,
      typed,
    );
    const digest = findIn(pushed, /(?<=^Digest: )sha256:[0-9a-f]{64}$/m);
    const manifest = await (await fetch(`http://${registry.host}/v2/large/manifests/latest`)).json();
    expect(manifest).toMatchObject({ layers: [{ size: GIBIBYTE }] });

    await rm(layer); // Memory is for what is pulled now.
    expect(await (await SkopeoClient.start(scope, folder)).pull(reference)).toBe(digest);
  });
});

describeWith(
  [
    root,
    skopeo,
    command('docker', ['--version']),
    command('dockerd'),
    command('containerd'),
    command('ctr'),
    command('ip', ['-V']),
  ],
  'an image of 100 layers',
  () => {
    const scope = new Scope();
    afterAll(() => scope.end());

    it('is pushed and pulled by docker', async () => {
      const registry = await startRegistry(scope);
      const reference = `${registry.host}/layered:latest`;
      const image = await writeImageLayout(scope, await buildSample({ layers: LAYERS, bytes: 1_000 }));
      const digest = await (await DockerClient.start(scope)).push(image, reference);
      const manifest = await (await fetch(`http://${registry.host}/v2/layered/manifests/${digest}`)).json();
      expect(manifest).toMatchObject({ layers: { length: LAYERS } });
      expect(await (await DockerClient.start(scope)).pull(reference)).toBe(digest);
    });
  },
);

describeWith([crane, skopeo], 'a repository of 10,000 tags', () => {
  const scope = new Scope();
  afterAll(() => scope.end());

  it('is listed whole by crane and by skopeo, and pulled by its last tag', async () => {
    const registry = await startRegistry(scope);
    const client = await CraneClient.start(scope);
    const repository = `${registry.host}/tagged`;
    const digest = await client.push(await writeImageLayout(scope, await buildSample()), `${repository}:v0`);
    const tags = Array.from({ length: TAGS }, (_, position) => `v${position}`).sort();
    await tagAll(registry, tags);

    expect((await client.command('ls', repository)).split('\n')).toEqual(tags);
    const listed = await (await SkopeoClient.start(scope)).command(
      'list-tags',
      '--tls-verify=false',
      `docker://${repository}`,
    );
    expect(JSON.parse(listed).Tags).toEqual(tags);
    expect(await client.pull(`${repository}:v${TAGS - 1}`)).toBe(digest);
  });

  /** Each tag is a push of its own, as it is for clients. */
  async function tagAll(registry: RegistryProcess, tags: readonly string[]): Promise<void> {
    const url = `http://${registry.host}/v2/tagged/manifests`;
    const source = await fetch(`${url}/v0`);
    const headers = { 'Content-Type': String(source.headers.get('content-type')) };
    const body = await source.arrayBuffer();
    const remaining = tags.values();
    const push = async () => {
      for (const tag of remaining) {
        const { status } = await fetch(`${url}/${tag}`, { method: 'PUT', headers, body });
        if (status !== 201) throw new Error(`pushing ${tag} is answered with ${status}`);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, push));
  }
});

async function startRegistry(scope: Scope): Promise<RegistryProcess> {
  const store = join(await temporaryFolder(scope, 'store'), 'store');
  return RegistryProcess.start(scope, ['--storage', store]);
}

/** One mebibyte of noise, again and again: as quick to write as it is slow to compress. */
async function writeRepeatedNoise(path: string, bytes: number): Promise<void> {
  const noise = randomBytes(2 ** 20);
  const file = await open(path, 'wx');
  for (let written = 0; written < bytes; written += noise.length) await file.write(noise);
  await file.close();
}
