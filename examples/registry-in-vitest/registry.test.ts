/** A registry inside a test: no daemon, no fixed port, no cleanup of images afterwards. */
import { buildLayer, createImage, file, MemoryBlobStore } from '@quinistry/oci-image';
import { createImageStorage, createRegistry, type RunningServer, startServer } from '@quinistry/registry-server';
import { afterAll, beforeAll, expect, it } from 'vitest';

let server: RunningServer;

beforeAll(async () => {
  const store = new MemoryBlobStore();
  const layer = await buildLayer([file('/hello.txt', 'hello')], { store });
  const image = await createImage({ platform: 'linux/amd64' }).addLayer(layer).build(store);
  const registry = createRegistry({ storage: createImageStorage({ 'team/hello': { v1: image } }) });
  server = await startServer({ registry, host: '127.0.0.1', port: 0 });
});

afterAll(() => server.close());

it('serves what the test has built, to whatever speaks the protocol', async () => {
  const url = `http://127.0.0.1:${server.port}/v2/team/hello`;
  expect(await (await fetch(`${url}/tags/list`)).json()).toEqual({ name: 'team/hello', tags: ['v1'] });

  const manifest = await fetch(`${url}/manifests/v1`);
  expect(manifest.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
  const { layers } = JSON.parse(await manifest.text());
  const blob = await fetch(`${url}/blobs/${layers[0].digest}`);
  expect((await blob.arrayBuffer()).byteLength).toBe(layers[0].size);
});
