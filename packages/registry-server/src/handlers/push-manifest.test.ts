import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { bytesOf, errorCodes, PushClient } from '../testing/push-client.js';

const TAGGED = '/v2/team/app/manifests/v1';
const ABSENT = digestOf(bytesOf('nobody has this'));

function descriptorFor(text: string, mediaType: string) {
  const bytes = bytesOf(text);
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

describe('PUT /v2/<name>/manifests/<tag>', () => {
  it('keeps the bytes as they came, and serves them with the type they came with', async () => {
    const client = new PushClient();
    const text = JSON.stringify(await client.imageDocument('team/app', 'a'), null, 3);
    const response = await client.putManifest(TAGGED, text, {
      'Content-Type': `${MEDIA_TYPES.oci.manifest}; charset=utf-8`,
    });
    const digest = digestOf(bytesOf(text));
    expect(response.status).toBe(201);
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(response.headers.get('Location')).toBe(`/v2/team/app/manifests/${digest}`);
    const pulled = await client.send('GET', TAGGED);
    expect(pulled.headers.get('Content-Type')).toBe(MEDIA_TYPES.oci.manifest);
    expect(await pulled.text()).toBe(text);
    expect(client.events.at(-1)).toMatchObject({
      action: 'push',
      kind: 'manifest',
      repository: 'team/app',
      digest,
      tags: ['v1'],
      mediaType: MEDIA_TYPES.oci.manifest,
    });
  });

  it('takes the document’s word where there is no Content-Type, and the known type whatever its case', async () => {
    const client = new PushClient();
    const text = JSON.stringify(await client.imageDocument('team/app', 'a'));
    const stream = new Blob([text]).stream();
    expect((await client.send('PUT', TAGGED, { body: stream })).status).toBe(201);
    const upper = { 'Content-Type': MEDIA_TYPES.oci.manifest.toUpperCase() };
    expect((await client.putManifest(TAGGED, text, upper)).status).toBe(201);
    expect((await client.send('GET', TAGGED)).headers.get('Content-Type')).toBe(MEDIA_TYPES.oci.manifest);
  });

  it('takes artifacts of any media type', async () => {
    const client = new PushClient();
    const headers = { 'Content-Type': 'application/vnd.example.thing+json' };
    expect((await client.putManifest(TAGGED, '{"anything":true}', headers)).status).toBe(201);
    expect((await client.send('GET', TAGGED)).headers.get('Content-Type')).toBe('application/vnd.example.thing+json');
  });

  it('names each blob that is missing, unless images may be sparse', async () => {
    const layers = [
      descriptorFor('one', MEDIA_TYPES.oci.layer),
      descriptorFor('two', MEDIA_TYPES.oci.layer),
      descriptorFor('elsewhere', MEDIA_TYPES.oci.nonDistributableLayer),
    ];
    for (const sparse of [false, true]) {
      const client = new PushClient({ sparse });
      const document = await client.imageDocument('team/app', 'a', { layers });
      const response = await client.putManifest(TAGGED, document);
      expect(response.status).toBe(sparse ? 201 : 400);
      if (sparse) continue;
      expect(await response.json()).toMatchObject({
        errors: layers.slice(0, 2).map(({ digest }) => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } })),
      });
    }
  });

  it('tells of the subject that it has taken in, which need not be there', async () => {
    const client = new PushClient();
    const subject = { ...descriptorFor('signed', MEDIA_TYPES.oci.manifest), digest: ABSENT };
    const document = await client.imageDocument('team/app', 'signature', { subject });
    const digest = digestOf(bytesOf(JSON.stringify(document)));
    for (const target of [TAGGED, `/v2/team/app/manifests/${digest}`]) {
      expect((await client.putManifest(target, document)).headers.get('OCI-Subject')).toBe(ABSENT);
    }
    const referrers = await client.send('GET', `/v2/team/app/referrers/${ABSENT}`);
    expect(await referrers.json()).toMatchObject({ manifests: [{ digest, artifactType: MEDIA_TYPES.oci.config }] });
  });

  it.each([
    ['no byte', ''],
    ['no JSON', 'PK\u0003\u0004'],
    ['no object', '[]'],
    ['both manifests and layers (CVE-2021-41190)', { schemaVersion: 2, manifests: [], layers: [] }],
    ['another mediaType than Content-Type', { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests: [] }],
    ['a key twice', '{"schemaVersion":2,"schemaVersion":2}'],
    ['keys that differ by case', '{"schemaVersion":2,"Layers":[],"layers":[]}'],
    ['__proto__', '{"schemaVersion":2,"__proto__":{"layers":[]}}'],
    ['2 million levels of arrays', '['.repeat(2_000_000)],
    ['2 million levels of objects', '{"a":'.repeat(700_000)],
    ['CR LF in artifactType', { schemaVersion: 2, artifactType: 'a/b\r\nSet-Cookie: x=y', layers: [] }],
    ['CR LF in mediaType', { schemaVersion: 2, mediaType: 'a/b\r\nSet-Cookie: x=y', layers: [] }],
  ])('answers 400 MANIFEST_INVALID to %s', async (_what, document) => {
    const client = new PushClient();
    const types = [MEDIA_TYPES.oci.manifest, MEDIA_TYPES.docker.manifest];
    for (const type of types) {
      const response = await client.putManifest(TAGGED, document, { 'Content-Type': type });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['MANIFEST_INVALID']);
    }
    expect(await client.store.listRepositories({ limit: 1 })).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it.each([
    [
      'another type than the document says',
      'application/vnd.example.b+json',
      '{"mediaType":"application/vnd.example.a+json"}',
    ],
    ['no media type', 'nothing', '{}'],
    ['nothing at all', '', '{}'],
  ])('answers 400 MANIFEST_INVALID to a Content-Type that is %s', async (_what, contentType, document) => {
    const response = await new PushClient().putManifest(TAGGED, document, { 'Content-Type': contentType });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['MANIFEST_INVALID']);
  });

  it('takes 4 MiB, and answers 413 to a byte more, with Content-Length and without', async () => {
    const client = new PushClient();
    const headers = { 'Content-Type': 'application/vnd.example.thing+json' };
    const text = (bytes: number) => `{"pad":"${'x'.repeat(bytes - 10)}"}`;
    const limit = 4 * 1024 * 1024;
    expect((await client.putManifest(TAGGED, text(limit), headers)).status).toBe(201);
    const bodies = [text(limit + 1), new Blob([text(limit + 1)]).stream()];
    for (const body of bodies) {
      const response = await client.send('PUT', TAGGED, { body, headers });
      expect(response.status).toBe(413);
      expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
    }
  });
});

describe('PUT /v2/<name>/manifests/<digest>', () => {
  it.each(['sha256', 'sha512'] as const)('takes the manifest by its %s', async (algorithm) => {
    const client = new PushClient();
    const text = JSON.stringify(await client.imageDocument('team/app', 'a'));
    const target = `/v2/team/app/manifests/${digestOf(bytesOf(text), algorithm)}`;
    expect((await client.putManifest(target, text)).status).toBe(201);
    expect(await (await client.send('GET', target)).text()).toBe(text);
  });

  it('answers 400 DIGEST_INVALID where the bytes hash to another one', async () => {
    const client = new PushClient();
    const response = await client.putManifest(
      `/v2/team/app/manifests/${ABSENT}`,
      await client.imageDocument('team/app', 'a'),
    );
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });

  it('sets the tags of the query, and names each in OCI-Tag', async () => {
    const client = new PushClient();
    const text = JSON.stringify(await client.imageDocument('team/app', 'a'));
    const digest = digestOf(bytesOf(text));
    const tags = Array.from({ length: 12 }, (_, index) => `v${index}`);
    const query = tags.map((tag) => `tag=${tag}`).join('&');
    const response = await client.putManifest(`/v2/team/app/manifests/${digest}?${query}`, text);
    expect(response.status).toBe(201);
    expect(response.headers.get('OCI-Tag')?.split(', ')).toEqual(tags);
    for (const tag of tags) {
      const head = await client.send('HEAD', `/v2/team/app/manifests/${tag}`);
      expect(head.headers.get('Docker-Content-Digest')).toBe(digest);
    }
  });

  it('answers 400 TAG_INVALID to what is no tag, and 414 to too many, and sets none', async () => {
    const client = new PushClient();
    const text = JSON.stringify(await client.imageDocument('team/app', 'a'));
    const target = `/v2/team/app/manifests/${digestOf(bytesOf(text))}`;
    const bad = await client.putManifest(`${target}?tag=good&tag=b%0d%0aad`, text);
    expect(bad.status).toBe(400);
    expect(await errorCodes(bad)).toEqual(['TAG_INVALID']);
    const many = Array.from({ length: 65 }, (_, index) => `tag=v${index}`).join('&');
    expect((await client.putManifest(`${target}?${many}`, text)).status).toBe(414);
    expect(await client.store.listTags('team/app', { limit: 100 })).toEqual([]);
  });
});
