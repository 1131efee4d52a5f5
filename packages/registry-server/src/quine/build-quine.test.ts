import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf, openLayer, readAll } from '@quinistry/oci-image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuine, type Quine, type QuineProgress } from './build-quine.js';

const directories: string[] = [];

async function writeBundle(code = 'console.log("a bundle")'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'quine-'));
  directories.push(directory);
  await writeFile(join(directory, 'LICENSES.txt'), 'MIT');
  await writeFile(join(directory, 'quinistry.mjs'), code);
  return join(directory, 'quinistry.mjs');
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

describe.skipIf(process.platform !== 'linux')('buildQuine (skipped where Node.js is not for Linux)', () => {
  let quine: Quine;
  const progress: QuineProgress[] = [];

  beforeAll(async () => {
    quine = await buildQuine({
      application: await writeBundle(),
      version: '1.2.3',
      onProgress: (step) => progress.push(step),
    });
  });

  it('gives the same layers and config as schema2 and as OCI', () => {
    const [docker, oci] = quine.images;
    expect([docker.family, oci.family]).toEqual(['docker', 'oci']);
    expect(docker.config.digest).toBe(oci.config.digest);
    expect(docker.layers.map(({ descriptor }) => descriptor.digest)).toEqual(
      oci.layers.map(({ descriptor }) => descriptor.digest),
    );
    expect(docker.layers).toHaveLength(2);
  });

  it('describes a container that is not root and listens on every address', () => {
    const { architecture, os, config, created } = quine.images[0].config.value;
    expect({ architecture, os }).toEqual({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
    });
    expect(created).toBe('2017-03-16T14:11:56Z');
    expect(config).toMatchObject({
      User: '65532:65532',
      ExposedPorts: { '8080/tcp': {} },
      Entrypoint: ['/usr/local/bin/node', '/quinistry/quinistry.mjs'],
      Cmd: ['serve', '--host', '0.0.0.0'],
      Labels: { 'org.opencontainers.image.title': 'quinistry', 'org.opencontainers.image.version': '1.2.3' },
    });
  });

  it('puts the bundle and its licences, and nothing else, into the upper layer', async () => {
    const application = quine.images[0].layers.slice(1);
    const [tar = Buffer.alloc(0)] = await Promise.all(
      application.map(async (layer) => gunzipSync(await readAll(openLayer(layer), { maxBytes: 1 << 20 }))),
    );
    const names = [];
    for (let offset = 0; tar[offset] !== 0; ) {
      const header = tar.subarray(offset, offset + 512);
      names.push(header.toString('latin1', 0, header.indexOf(0)));
      offset += 512 + Math.ceil(Number.parseInt(header.toString('latin1', 124, 135), 8) / 512) * 512;
    }
    expect(names).toEqual(['quinistry/', 'quinistry/LICENSES.txt', 'quinistry/quinistry.mjs']);
  });

  it('reports progress of both layers, up to all of their bytes', () => {
    for (const step of ['runtime', 'application'] as const) {
      const last = progress.filter((event) => event.step === step).at(-1);
      expect(last?.bytes).toBe(last?.totalBytes);
      expect(last?.totalBytes).toBeGreaterThan(0);
    }
  });

  it('has the same digest from another folder, with other modes and times', async () => {
    const application = await writeBundle();
    await chmod(application, 0o600);
    await utimes(application, 1, 1);
    const again = await buildQuine({ application, version: '1.2.3' });
    expect(again.images.map(({ digest }) => digest)).toEqual(quine.images.map(({ digest }) => digest));
  });

  it('ships the runtime once: another bundle changes the upper layer alone', async () => {
    const other = await buildQuine({
      application: await writeBundle('console.log("a later bundle")'),
      version: '1.2.4',
    });
    const [runtime, application] = quine.images[0].layers.map(({ descriptor }) => descriptor.digest);
    const [otherRuntime, otherApplication] = other.images[0].layers.map(({ descriptor }) => descriptor.digest);
    expect(otherRuntime).toBe(runtime);
    expect(otherApplication).not.toBe(application);
  });

  it('holds bytes that hash to what its manifests say', async () => {
    const { config, manifest } = quine.images[1];
    expect(digestOf(manifest.bytes)).toBe(quine.images[1].digest);
    for (const { digest, size } of [manifest.value.config, ...manifest.value.layers]) {
      const bytes = await readAll(quine.store.open(digest), { maxBytes: 1 << 28 });
      expect([digestOf(bytes), bytes.byteLength]).toEqual([digest, size]);
    }
    expect(digestOf(config.bytes)).toBe(manifest.value.config.digest);
  });

  it('names the licence texts where they are missing', async () => {
    const application = await writeBundle();
    await rm(join(application, '../LICENSES.txt'));
    await expect(buildQuine({ application, version: '1' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('LICENSES.txt'),
    });
  });

  it('names the executable where it cannot be read', async () => {
    const application = await writeBundle();
    await expect(buildQuine({ application, version: '1', executable: '/nowhere/node' })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('/nowhere/node'),
    });
  });
});
