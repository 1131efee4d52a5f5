/** A registry that takes pushes, inside a test: it is a function, so it needs neither a port nor a directory. */
import { digestOf } from '@quinistry/oci-image';
import { createMemoryStore, createRegistry, type Registry } from '@quinistry/registry-server';
import { beforeEach, expect, it } from 'vitest';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let registry: Registry;

beforeEach(() => {
  registry = createRegistry({ storage: createMemoryStore(), immutableTags: ['v*'] });
});

async function call(method: string, path: string, body?: string, type = 'application/octet-stream'): Promise<Response> {
  const content = body === undefined ? {} : { body, headers: { 'Content-Type': type } };
  return registry.fetch(new Request(`http://registry/v2/team/note${path}`, { method, ...content }));
}

/** A manifest of one blob, which is pushed before it. */
async function push(tag: string, text: string): Promise<Response> {
  const bytes = Buffer.from(text);
  const blob = { mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.byteLength };
  await call('POST', `/blobs/uploads/?digest=${blob.digest}`, text);
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, artifactType: 'text/plain', config: blob, layers: [blob] };
  return call('PUT', `/manifests/${tag}`, JSON.stringify(manifest), MANIFEST);
}

it('gives back what was pushed', async () => {
  const pushed = await push('v1', 'hello');
  expect(pushed.status).toBe(201);

  const found = await call('GET', '/manifests/v1');
  expect(found.headers.get('docker-content-digest')).toBe(pushed.headers.get('docker-content-digest'));
  const { layers } = JSON.parse(await found.text());
  expect(await (await call('GET', `/blobs/${layers[0].digest}`)).text()).toBe('hello');
});

it('keeps a version as it is', async () => {
  await push('v1', 'hello');
  const refused = await push('v1', 'good bye');
  expect(refused.status).toBe(403);
  expect(JSON.parse(await refused.text()).errors[0].code).toBe('DENIED');
});
