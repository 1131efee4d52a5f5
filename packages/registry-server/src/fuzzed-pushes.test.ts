import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './testing/push-client.js';
import { requestText, startPushServer } from './testing/push-server.js';
import { exchangeRaw } from './testing/raw-connection.js';

const DIGEST = digestOf(bytesOf('{}'));

/** What fits, what nearly fits and what does not, side by side: only then do requests get past the first check. */
const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }));
const repository = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('a', 'team/app') }, { weight: 1, arbitrary: text });
const digest = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<string>(DIGEST, digestOf(bytesOf('{}'), 'sha512')) },
  { weight: 1, arbitrary: text.map((value) => `sha256:${value}`) },
);
const reference = fc.oneof(digest, fc.constantFrom('latest', 'v1'), text);
const query = fc.oneof(
  fc.constant(''),
  digest.map((value) => `?digest=${value}`),
  fc.tuple(digest, repository).map(([value, from]) => `?mount=${value}&from=${from}`),
  fc.array(reference, { maxLength: 12 }).map((tags) => `?${tags.map((tag) => `tag=${tag}`).join('&')}`),
  fc.tuple(fc.oneof(fc.integer(), text), text).map(([n, last]) => `?n=${n}&last=${last}&artifactType=${last}`),
);
const target = fc.oneof(
  fc
    .tuple(repository, fc.constantFrom('manifests', 'blobs', 'referrers', 'blobs/uploads'), reference, query)
    .map(([name, word, end, rest]) => `/v2/${name}/${word}/${end}${rest}`),
  fc.tuple(repository, query).map(([name, rest]) => `/v2/${name}/blobs/uploads/${rest}`),
  fc.tuple(repository, query).map(([name, rest]) => `/v2/${name}/tags/list${rest}`),
  query.map((rest) => `/v2/_catalog${rest}`),
);
const range = fc
  .tuple(fc.oneof(fc.nat(10), text), fc.oneof(fc.nat(10), text))
  .map(([first, last]) => `${first}-${last}`);
const header = fc.oneof(
  range.map((value) => `Content-Range: ${value}`),
  range.map((value) => `Range: bytes=${value}`),
  fc.constantFrom(...Object.values(MEDIA_TYPES.oci)).map((type) => `Content-Type: ${type}`),
  text.map((value) => `Content-Type: ${value}`),
  text.map((value) => `X-Request-Id: ${value}`),
  text.map((value) => `Authorization: ${value}`),
  fc.nat(30).map((length) => `Content-Length: ${length}`),
  fc.constant('Transfer-Encoding: chunked'),
  text,
);
const descriptor = fc.record(
  { mediaType: fc.oneof(fc.constant(MEDIA_TYPES.oci.layer), text), digest, size: fc.oneof(fc.nat(), fc.double()) },
  { requiredKeys: [] },
);
const manifest = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        schemaVersion: fc.oneof(fc.constant(2), fc.integer()),
        mediaType: fc.oneof(fc.constantFrom(MEDIA_TYPES.oci.manifest, MEDIA_TYPES.oci.index), text),
        artifactType: fc.oneof(fc.constant('application/vnd.example+json'), text),
        config: descriptor,
        layers: fc.array(descriptor, { maxLength: 3 }),
        manifests: fc.array(descriptor, { maxLength: 3 }),
        subject: descriptor,
        annotations: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())),
      },
      { requiredKeys: ['schemaVersion'] },
    )
    .map((document) => JSON.stringify(document)),
);
const body = fc.oneof(text, manifest, fc.constant('{}'));

describe('whatever is pushed', () => {
  it('is answered below 500 or not at all, and the server lives', async () => {
    const policy = { immutableTags: ['v*'], cors: { origins: ['https://a.b'] } };
    // A body may be announced that never comes.
    const { port, client, send } = await startPushServer({ ...policy, idleTimeoutMs: 500 });
    const method = fc.constantFrom('PUT', 'POST', 'PATCH', 'DELETE', 'GET', 'HEAD', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, target, fc.array(header, { maxLength: 4 }), body, async (verb, path, headers, sent) => {
        const answers = await exchangeRaw(port, requestText(verb, path, 'Connection: close', ...headers) + sent);
        for (const { status } of answers) expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    expect(client.errors).toEqual([]);
    expect((await send('GET', '/v2/')).status).toBe(200);
  });

  it('is answered below 500 as a manifest', async () => {
    const { client, send } = await startPushServer();
    await client.pushBlob('a', '{}');
    await fc.assert(
      fc.asyncProperty(manifest, fc.constantFrom(...Object.values(MEDIA_TYPES.oci)), async (sent, type) => {
        const headers = { 'Content-Type': type };
        const response = await send('PUT', '/v2/a/manifests/latest', { body: sent, headers });
        expect([201, 400]).toContain(response.status);
        if (response.status === 400) return;
        const pulled = await send('GET', '/v2/a/manifests/latest');
        expect(await pulled.text()).toBe(sent);
      }),
      { numRuns: 200 },
    );
    expect(client.errors).toEqual([]);
  });
});
