import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.js';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import { createFixtureStorage, DOCKER_MANIFEST, OCI_MANIFEST, UNKNOWN_DIGEST } from '../testing/fixture-storage.js';
import { PushClient } from '../testing/push-client.js';

const registry = createRegistry({ storage: createFixtureStorage() });

async function get(
  reference: string,
  headers: Record<string, string> | Headers = {},
  repository = 'demo/app',
): Promise<Response> {
  return registry.fetch(new Request(`http://registry.test/v2/${repository}/manifests/${reference}`, { headers }));
}

describe('GET /v2/<name>/manifests/<tag>', () => {
  it('gives the stored bytes with media type, length and digest', async () => {
    const response = await get('latest');
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(DOCKER_MANIFEST.bytes);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': MEDIA_TYPES.docker.manifest,
      'content-length': String(DOCKER_MANIFEST.bytes.byteLength),
      'docker-content-digest': DOCKER_MANIFEST.digest,
      etag: `"${DOCKER_MANIFEST.digest}"`,
    });
  });

  it('gives the default to docker, which sends a line for each type it knows', async () => {
    const headers = new Headers();
    for (const { manifest } of [MEDIA_TYPES.oci, MEDIA_TYPES.docker]) headers.append('Accept', manifest);
    headers.append('Accept', MEDIA_TYPES.docker.manifestList);
    expect((await get('latest', headers)).headers.get('Docker-Content-Digest')).toBe(DOCKER_MANIFEST.digest);
  });

  it('gives the OCI manifest to a client that asks for nothing else', async () => {
    const response = await get('latest', { Accept: MEDIA_TYPES.oci.manifest });
    expect(response.headers.get('Content-Type')).toBe(MEDIA_TYPES.oci.manifest);
    expect(response.headers.get('Docker-Content-Digest')).toBe(OCI_MANIFEST.digest);
  });

  it('gives what there is where it is not what was asked for', async () => {
    const response = await get('docker-only', { Accept: MEDIA_TYPES.oci.manifest });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(MEDIA_TYPES.docker.manifest);
  });

  it('tells caches to ask again, for the tag moves and the answer depends on Accept', async () => {
    const { headers } = await get('latest');
    expect(headers.get('Cache-Control')).toBe('no-cache');
    expect(headers.get('Vary')).toBe('Accept');
  });

  it('answers 304 without a body to a client that has it', async () => {
    const response = await get('latest', { 'If-None-Match': `"${DOCKER_MANIFEST.digest}"` });
    expect(response.status).toBe(304);
    expect(response.headers.get('ETag')).toBe(`"${DOCKER_MANIFEST.digest}"`);
    expect(await response.text()).toBe('');
  });

  it('answers 200 to a client that has the manifest of the other family', async () => {
    const response = await get('latest', { 'If-None-Match': `"${OCI_MANIFEST.digest}"` });
    expect(response.status).toBe(200);
  });

  it.each([
    ['unknown', 'demo/app'],
    ['latest', 'unknown/repository'],
    ['.INVALID_MANIFEST_NAME', 'demo/app'],
  ])('answers 404 MANIFEST_UNKNOWN for %s in %s', async (tag, repository) => {
    const response = await get(tag, {}, repository);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  });
});

describe('GET /v2/<name>/manifests/<digest>', () => {
  it.each([DOCKER_MANIFEST, OCI_MANIFEST])('gives $mediaType whatever Accept says', async (manifest) => {
    const accept = manifest === OCI_MANIFEST ? MEDIA_TYPES.docker.manifest : MEDIA_TYPES.oci.manifest;
    const response = await get(manifest.digest, { Accept: accept });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(manifest.mediaType);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(manifest.bytes);
  });

  it('may be cached for good', async () => {
    expect((await get(OCI_MANIFEST.digest)).headers.get('Cache-Control')).toContain('immutable');
  });

  it.each([
    [UNKNOWN_DIGEST, 'demo/app'],
    [DOCKER_MANIFEST.digest, 'other/private'],
  ])('answers 404 MANIFEST_UNKNOWN for what the repository does not hold', async (digest, repository) => {
    const response = await get(digest, {}, repository);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  });
});

describe('DELETE /v2/<name>/manifests/<tag>', () => {
  it('takes the tag away at once, and leaves its siblings and the manifest', async () => {
    const client = new PushClient();
    const { digest } = await client.pushImage('team/app', 'v1', 'same');
    await client.pushImage('team/app', 'v2', 'same');
    expect((await client.send('DELETE', '/v2/team/app/manifests/v1')).status).toBe(202);
    const statuses = await Promise.all(
      ['v1', 'v2', digest].map(async (name) => (await client.send('HEAD', `/v2/team/app/manifests/${name}`)).status),
    );
    expect(statuses).toEqual([404, 200, 200]);
    expect(client.events.at(-1)).toMatchObject({ action: 'delete', kind: 'tag', tags: ['v1'] });
    expect((await client.send('DELETE', '/v2/team/app/manifests/v1')).status).toBe(404);
  });
});

describe('DELETE /v2/<name>/manifests/<digest>', () => {
  it('takes the manifest away with its tags at once (distribution, CVE-2026-35172)', async () => {
    const client = new PushClient();
    const { digest } = await client.pushImage('team/app', 'v1');
    expect((await client.send('DELETE', `/v2/team/app/manifests/${digest}`)).status).toBe(202);
    for (const name of ['v1', digest]) {
      expect((await client.send('HEAD', `/v2/team/app/manifests/${name}`)).status).toBe(404);
    }
    expect(client.events.at(-1)).toMatchObject({ action: 'delete', kind: 'manifest', digest });
  });
});

describe('methods that the policy rules out', () => {
  it.each([
    [{ deletes: false }, 'DELETE', 'GET, HEAD, PUT, OPTIONS'],
    [{ readOnly: true }, 'DELETE', 'GET, HEAD, OPTIONS'],
    [{ readOnly: true }, 'PUT', 'GET, HEAD, OPTIONS'],
  ])('are answered with 405: %j %s', async (options, method, allow) => {
    const storage = createMemoryStore();
    await new PushClient({ storage }).pushImage('team/app', 'v1');
    const client = new PushClient({ ...options, storage });
    const response = await client.send(method, '/v2/team/app/manifests/v1');
    expect([response.status, response.headers.get('Allow')]).toEqual([405, allow]);
    expect((await client.send('GET', '/v2/team/app/manifests/v1')).status).toBe(200);
  });
});
