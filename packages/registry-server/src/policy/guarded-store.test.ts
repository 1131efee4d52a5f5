import { digestOf } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import { bytesOf, errorCodes, PushClient, type SentOptions } from '../testing/push-client.js';
import type { AccessControl } from './access-control.js';

const REPOSITORY = 'team/app';
const manifestAt = (reference: string) => `/v2/${REPOSITORY}/manifests/${reference}`;

/** A registry with one image under the immutable tag `v1`, asked through the protocol. */
async function withImmutableTag(more: object = {}) {
  const client = new PushClient({ immutableTags: ['v*'], ...more });
  const document = await client.imageDocument(REPOSITORY, 'first');
  await client.putManifest(manifestAt('v1'), document);
  const { digest } = (await client.store.resolveTag(REPOSITORY, 'v1'))[0] ?? {};
  return { client, document, digest: digest as Digest };
}

describe('an immutable tag', () => {
  it('takes the same manifest again, and lets others move', async () => {
    const { client, document } = await withImmutableTag();
    expect((await client.putManifest(manifestAt('v1'), document)).status).toBe(201);
    await client.pushImage(REPOSITORY, 'latest', 'one');
    const { digest } = await client.pushImage(REPOSITORY, 'latest', 'two');
    expect(await client.store.resolveTag(REPOSITORY, 'latest')).toMatchObject([{ digest }]);
  });

  it('stays what it is, however its change is asked for', async () => {
    const { client, document, digest } = await withImmutableTag();
    const other = await client.imageDocument(REPOSITORY, 'second');
    const { digest: otherDigest } = await client.pushImage(REPOSITORY, 'latest', 'second');
    const [layer] = document.layers as { digest: string }[];
    const attempts: [string, string, unknown?][] = [
      ['PUT', manifestAt('v1'), other],
      ['PUT', `${manifestAt(otherDigest)}?tag=latest&tag=v1`, other],
      ['DELETE', manifestAt('v1')],
      ['DELETE', manifestAt(digest)],
      ['DELETE', `/v2/${REPOSITORY}/blobs/${layer?.digest}`],
    ];
    for (const [method, target, sent] of attempts) {
      const response = sent === undefined ? await client.send(method, target) : await client.putManifest(target, sent);
      expect([method, target, response.status]).toEqual([method, target, 403]);
      expect(await errorCodes(response)).toEqual(['DENIED']);
    }
    expect(await client.store.resolveTag(REPOSITORY, 'v1')).toMatchObject([{ digest }]);
    expect((await client.send('HEAD', `/v2/${REPOSITORY}/blobs/${layer?.digest}`)).status).toBe(200);
  });

  it('is served with the type that its manifest came with, also where the document says none', async () => {
    const client = new PushClient({ immutableTags: ['v*'] });
    const { mediaType, ...document } = await client.imageDocument(REPOSITORY, 'untyped');
    await client.putManifest(manifestAt('v1'), document, { 'Content-Type': String(mediaType) });
    const [{ digest } = { digest: '' }] = await client.store.resolveTag(REPOSITORY, 'v1');
    const other = { 'Content-Type': 'application/vnd.example.thing+json' };
    for (const reference of ['v1', 'latest', digest]) {
      expect((await client.putManifest(manifestAt(reference), document, other)).status).toBe(403);
    }
    expect(await client.store.resolveTag(REPOSITORY, 'v1')).toMatchObject([{ mediaType }]);
  });

  it('keeps the children of its index', async () => {
    const client = new PushClient({ immutableTags: ['team/*:v*'] });
    const child = await client.pushImage(REPOSITORY, 'latest');
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const index = { schemaVersion: 2, mediaType, manifests: [child] };
    expect((await client.putManifest(manifestAt('v1'), index, { 'Content-Type': mediaType })).status).toBe(201);
    expect((await client.send('DELETE', manifestAt(child.digest))).status).toBe(403);
    expect((await client.send('DELETE', manifestAt('latest'))).status).toBe(202);
  });

  it('goes to one of two pushes at once', async () => {
    const client = new PushClient({ immutableTags: ['v*'] });
    const documents = await Promise.all(['a', 'b', 'c'].map((name) => client.imageDocument(REPOSITORY, name)));
    const statuses = await Promise.all(
      documents.map(async (document) => (await client.putManifest(manifestAt('v1'), document)).status),
    );
    expect(statuses.sort()).toEqual([201, 403, 403]);
  });
});

describe('deletes that are off', () => {
  it('are refused for tags that are not there as well', async () => {
    const { client } = await withImmutableTag({ deletes: false });
    expect((await client.send('DELETE', manifestAt('v1'))).status).toBe(405);
    expect((await client.send('DELETE', manifestAt('none'))).status).toBe(405);
  });
});

describe('limits.maxUploads', () => {
  it('answers 429 to one upload too many, until another one ends', async () => {
    const client = new PushClient({ limits: { maxUploads: 2 } });
    const first = await client.startUpload(REPOSITORY);
    await client.startUpload(REPOSITORY);
    const refused = await client.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '10']);
    expect(await errorCodes(refused)).toEqual(['TOOMANYREQUESTS']);
    expect((await client.send('DELETE', first)).status).toBe(204);
    expect((await client.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`)).status).toBe(202);
  });

  it('holds for uploads that begin at once', async () => {
    const client = new PushClient({ limits: { maxUploads: 3 } });
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => (await client.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`)).status),
    );
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
  });
});

describe('limits.maxUploadsPerClient', () => {
  const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`;
  const limits = { maxUploadsPerClient: 2 };

  /** Whoever the header names, without looking further. */
  const access: AccessControl = {
    asksForLogin: false,
    authenticate: async ({ authorization }) => ({ identity: { name: authorization ?? undefined, may: () => true } }),
    challenge: () => 'Test',
  };

  async function startAll(client: PushClient, ...senders: readonly SentOptions[]): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (const sender of senders) statuses.push((await client.send('POST', UPLOADS, sender)).status);
    return statuses;
  }

  it('answers 429 to a client above its share, and leaves the others theirs', async () => {
    const client = new PushClient({ limits });
    const [one, other] = [{ peer: '192.0.2.1' }, { peer: '192.0.2.2' }];
    expect(await startAll(client, one, one, one, other, other, other)).toEqual([202, 202, 429, 202, 202, 429]);
    const refused = await client.send('POST', UPLOADS, one);
    expect(refused.headers.get('Retry-After')).toBe('10');
    expect(await refused.json()).toMatchObject({
      errors: [{ code: 'TOOMANYREQUESTS', message: expect.stringContaining('2 uploads of this client') }],
    });
  });

  it('counts a network of IPv6 as one client, and mapped IPv4 as IPv4', async () => {
    const client = new PushClient({ limits });
    const peers = ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::', '2001:db8:0:1::1'].map((peer) => ({ peer }));
    expect(await startAll(client, ...peers)).toEqual([202, 202, 429, 202]);
    const mapped = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201'].map((peer) => ({ peer }));
    expect(await startAll(client, ...mapped)).toEqual([202, 202, 429]);
  });

  it('goes by the account where there is one, wherever it comes from', async () => {
    const client = new PushClient({ limits, access });
    const from = (peer: string, name: string) => ({ peer, headers: { Authorization: name } });
    const alice = [1, 2, 3].map((host) => from(`192.0.2.${host}`, 'alice'));
    expect(await startAll(client, ...alice, from('192.0.2.1', 'bob'))).toEqual([202, 202, 429, 202]);
  });

  it('goes by what a trusted proxy says', async () => {
    const client = new PushClient({ limits, trustedProxies: ['10.0.0.1'] });
    const from = (address: string) => ({ peer: '10.0.0.1', headers: { 'X-Forwarded-For': address } });
    const senders = [1, 1, 1, 2].map((host) => from(`192.0.2.${host}`));
    expect(await startAll(client, ...senders)).toEqual([202, 202, 429, 202]);
  });

  it('gives a place back when an upload ends, however it does', async () => {
    const client = new PushClient({ limits: { maxUploadsPerClient: 1 } });
    const digest = digestOf(bytesOf('0123'));
    for (const end of [
      (location: string) => client.send('DELETE', location),
      (location: string) => client.send('PUT', `${location}?digest=${digest}`, { body: '0123' }),
      (location: string) => client.send('PUT', `${location}?digest=${digest}`, { body: 'others' }),
    ]) {
      const location = await client.startUpload(REPOSITORY);
      expect((await client.send('POST', UPLOADS)).status).toBe(429);
      await end(location);
    }
    expect((await client.send('POST', UPLOADS)).status).toBe(202);
  });

  it('counts sessions that outlived the server for whoever goes on with them', async () => {
    const storage = createMemoryStore();
    const before = new PushClient({ storage });
    const locations = [await before.startUpload(REPOSITORY), await before.startUpload(REPOSITORY)];
    const client = new PushClient({ storage, limits });
    const [one, other] = [{ peer: '192.0.2.1' }, { peer: '192.0.2.2' }];
    for (const location of locations) await client.send('PATCH', location, { ...one, body: '0123' });
    expect(await startAll(client, one, other)).toEqual([429, 202]);
  });
});

describe('a session that outlived the server', () => {
  it('goes on for who knows it', async () => {
    const storage = createMemoryStore();
    const location = await new PushClient({ storage }).startUpload(REPOSITORY);
    const restarted = new PushClient({ storage });
    const response = await restarted.send('PATCH', location, { body: bytesOf('0123') });
    expect([response.status, response.headers.get('Range')]).toEqual([202, '0-3']);
  });
});
