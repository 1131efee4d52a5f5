import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDirectoryStore } from '../storage/directory/directory-store.js';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import type { RegistryStore } from '../storage/registry-store.js';
import { heldSource } from '../storage/testing/stalling-source.js';
import { bytesOf, errorCodes, PushClient } from '../testing/push-client.js';
import { repositoryBytes } from '../testing/repository-bytes.js';

const REPOSITORY = 'team/app';
const UPLOADS = `/v2/${REPOSITORY}/blobs/uploads/`;
const MANIFEST = `/v2/${REPOSITORY}/manifests/v1`;
const OF_ANY_TYPE = { 'Content-Type': 'application/vnd.example.thing+json' };
const limits = { maxRepositoryBytes: 100 };
const FIFTY = digestOf(bytesOf('x'.repeat(50)));

async function openDirectory(): Promise<{ store: RegistryStore; reopen(): Promise<RegistryStore> }> {
  const root = await mkdtemp(join(tmpdir(), 'quinistry-room-'));
  let store = await openDirectoryStore(root);
  onTestFinished(async () => {
    await store.close();
    await rm(root, { recursive: true });
  });
  const reopen = async () => {
    await store.close();
    store = await openDirectoryStore(root);
    return store;
  };
  return { store, reopen };
}

const patch = async (client: PushClient, location: string, bytes: number) =>
  (await client.send('PATCH', location, { body: 'x'.repeat(bytes) })).status;

const seal = async (client: PushClient, location: string, bytes: number) =>
  (await client.send('PUT', `${location}?digest=${digestOf(bytesOf('x'.repeat(bytes)))}`)).status;

describe('limits.maxRepositoryBytes', () => {
  it('answers 403 DENIED to what no longer fits, and mounts what is there already', async () => {
    const client = new PushClient({ limits });
    const { digest } = await client.pushBlob(REPOSITORY, 'x'.repeat(60));
    expect(await client.store.statBlob(REPOSITORY, digest)).toMatchObject({ size: 60 });
    const location = await client.startUpload(REPOSITORY);
    const refused = await client.send('PATCH', location, { body: 'y'.repeat(60) });
    expect(refused.status).toBe(403);
    expect(await errorCodes(refused)).toEqual(['DENIED']);
    const manifest = await client.putManifest(MANIFEST, `{"pad":"${'x'.repeat(60)}"}`, OF_ANY_TYPE);
    expect(manifest.status).toBe(403);
    const shared = await client.pushBlob('base/os', 'z'.repeat(60));
    const target = `/v2/${REPOSITORY}/blobs/uploads/?mount=${shared.digest}&from=base/os`;
    expect((await client.send('POST', target)).status).toBe(403);
    await client.pushBlob('base/other', 'x'.repeat(60));
    const held = `/v2/${REPOSITORY}/blobs/uploads/?mount=${digest}&from=base/other`;
    expect((await client.send('POST', held)).status).toBe(201);
  });

  it('holds for blobs that each fit and together do not', async () => {
    const client = new PushClient({ limits });
    await Promise.all(['a', 'b', 'c'].map((letter) => client.pushBlob(REPOSITORY, letter.repeat(60))));
    expect(await client.store.measureRepository(REPOSITORY)).toBe(60);
  });
});

describe('limits.maxRepositoryBytes, for open uploads', () => {
  it('holds for all of them together, and for what comes otherwise', async () => {
    const client = new PushClient({ limits });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    expect(await patch(client, first, 60)).toBe(202);
    const refused = await client.send('PATCH', second, { body: 'x'.repeat(60) });
    expect(refused.status).toBe(403);
    expect(await errorCodes(refused)).toEqual(['DENIED']);
    expect(await patch(client, second, 40)).toBe(202);
    const manifest = await client.putManifest(MANIFEST, '{}', OF_ANY_TYPE);
    expect(manifest.status).toBe(403);
    const { digest } = await client.pushBlob('base/os', 'a blob');
    expect((await client.send('POST', `${UPLOADS}?mount=${digest}&from=base/os`)).status).toBe(403);
    expect(await repositoryBytes(client.store, REPOSITORY)).toBe(100);
  });

  it('counts bytes once when an upload becomes a blob', async () => {
    const client = new PushClient({ limits });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    expect(await patch(client, first, 60)).toBe(202);
    expect(await patch(client, second, 40)).toBe(202);
    expect(await seal(client, first, 60)).toBe(201);
    expect(await seal(client, second, 40)).toBe(201);
    expect(await repositoryBytes(client.store, REPOSITORY)).toBe(100);
  });

  it.each<[string, (client: PushClient, location: string) => Promise<unknown>]>([
    ['is cancelled', (client, location) => client.send('DELETE', location)],
    ['hashes to another digest', (client, location) => seal(client, location, 1)],
    [
      'becomes a blob that is deleted',
      async (client, location) => {
        await seal(client, location, 60);
        await client.send('DELETE', `/v2/${REPOSITORY}/blobs/${digestOf(bytesOf('x'.repeat(60)))}`);
      },
    ],
  ])('stops counting one that %s', async (_what, end) => {
    const client = new PushClient({ limits });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    await patch(client, first, 60);
    expect(await patch(client, second, 60)).toBe(403);
    await end(client, first);
    expect(await patch(client, second, 60)).toBe(202);
  });

  it('counts what came of one whose connection broke, and no more', async () => {
    const client = new PushClient({ limits });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    async function* cut() {
      yield bytesOf('x'.repeat(60));
      throw new Error('gone');
    }
    await client.send('PATCH', first, { body: ReadableStream.from(cut()) });
    expect(await patch(client, second, 41)).toBe(403);
    expect(await patch(client, second, 40)).toBe(202);
  });

  it('counts none of what the store did not keep', async () => {
    const client = new PushClient({ limits: { ...limits, maxBlobBytes: 50 } });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    expect(await patch(client, first, 51)).toBe(413);
    expect(await patch(client, first, 50)).toBe(202);
    expect(await patch(client, second, 50)).toBe(202);
  });

  it('ends one that is refused with bytes, so that they do not take the room of others', async () => {
    const client = new PushClient({ limits });
    const [first, second] = [await client.startUpload(REPOSITORY), await client.startUpload(REPOSITORY)];
    expect(await patch(client, first, 50)).toBe(202);
    expect(await patch(client, second, 40)).toBe(202);
    const refused = await client.send('PATCH', first, { body: 'x'.repeat(20) });
    expect([refused.status, refused.headers.get('Location')]).toEqual([403, null]);
    expect((await client.send('GET', first)).status).toBe(404);
    expect(await patch(client, second, 60)).toBe(202);
  });

  it('refuses what is announced and does not fit before a byte of it is read', async () => {
    const client = new PushClient({ limits });
    const location = await client.startUpload(REPOSITORY);
    const pull = vi.fn();
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const refused = await client.send('PATCH', location, { body, headers: { 'Content-Length': '101' } });
    expect([refused.status, pull.mock.calls.length]).toEqual([403, 0]);
    expect(await patch(client, location, 100)).toBe(202);
  });

  it.each(['memory', 'directory'])('counts those that outlived the server, in a store in %s', async (kind) => {
    const memory = createMemoryStore();
    const { store, reopen } = kind === 'memory' ? { store: memory, reopen: async () => memory } : await openDirectory();
    const before = new PushClient({ storage: store, limits });
    const location = await before.startUpload(REPOSITORY);
    await patch(before, location, 60);
    const client = new PushClient({ storage: await reopen(), limits });
    const other = await client.startUpload(REPOSITORY);
    expect(await patch(client, other, 41)).toBe(403);
    expect(await patch(client, location, 41)).toBe(403);
    expect(await patch(client, other, 100)).toBe(202);
  });

  it('lets a blob be sent again that the repository holds, where the quota has become smaller', async () => {
    const storage = createMemoryStore();
    const before = new PushClient({ storage });
    await before.pushBlob(REPOSITORY, 'x'.repeat(60));
    const [held, added] = [await before.startUpload(REPOSITORY), await before.startUpload(REPOSITORY)];
    await patch(before, held, 60);
    await patch(before, added, 61);
    const client = new PushClient({ storage, limits });
    expect(await seal(client, added, 61)).toBe(403);
    expect(await seal(client, held, 60)).toBe(201);
    expect(await repositoryBytes(client.store, REPOSITORY)).toBe(60);
  });

  it('lets a blob be sent again that fits beside itself', async () => {
    const client = new PushClient({ limits });
    for (let n = 0; n < 3; n++) {
      const location = await client.startUpload(REPOSITORY);
      expect(await patch(client, location, 50)).toBe(202);
      expect(await seal(client, location, 50)).toBe(201);
    }
  });

  it('lets others push while a slow client sends', async () => {
    const client = new PushClient({ storage: (await openDirectory()).store, limits: { maxRepositoryBytes: 1000 } });
    const location = await client.startUpload(REPOSITORY);
    const held = heldSource(bytesOf('x'.repeat(30)), bytesOf('x'.repeat(30)));
    const sending = client.send('PATCH', location, { body: ReadableStream.from(held.source) });
    await held.started;
    const { digest } = await client.pushImage(REPOSITORY, 'v1');
    expect(await client.store.resolveTag(REPOSITORY, 'v1')).toMatchObject([{ digest }]);
    held.release();
    expect((await sending).status).toBe(202);
    expect(await seal(client, location, 60)).toBe(201);
  });

  it.each<[string, (client: PushClient) => Promise<unknown>]>([
    ['pushed', (client) => client.pushBlob(REPOSITORY, 'x'.repeat(50))],
    ['mounted', (client) => client.send('POST', `${UPLOADS}?mount=${FIFTY}&from=base/os`)],
    ['written', (client) => client.putManifest(MANIFEST, `{"pad":"${'x'.repeat(40)}"}`, OF_ANY_TYPE)],
  ])('sees what is %s while bytes come in', async (_how, write) => {
    const client = new PushClient({ limits });
    await client.pushBlob('base/os', 'x'.repeat(50));
    const slow = await client.startUpload(REPOSITORY);
    const held = heldSource(bytesOf('x'.repeat(25)), bytesOf('x'.repeat(26)));
    const sending = client.send('PATCH', slow, { body: ReadableStream.from(held.source) });
    await held.started;
    await write(client);
    held.release();
    expect((await sending).status).toBe(403);
    expect(await repositoryBytes(client.store, REPOSITORY)).toBe(50);
  });

  it('asks the store for no sizes where there is no quota', async () => {
    const storage = createMemoryStore();
    const asked = [vi.spyOn(storage, 'measureRepository'), vi.spyOn(storage, 'listUploads')];
    await new PushClient({ storage }).pushImage(REPOSITORY, 'v1');
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    await new PushClient({ storage, limits: { maxRepositoryBytes: 10_000 } }).pushImage(REPOSITORY, 'v2');
    expect(asked.map(({ mock }) => mock.calls.length > 0)).toEqual([true, true]);
  });
});
