/** 64 clients at once, over HTTP: nothing is lost, and nothing is there twice. */
import { type BlobInfo, digestOf } from '@quinistry/oci-image';
import { type Descriptor, MEDIA_TYPES, ociIndexSchema } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import type { StoreServer } from '../store-server.js';
import { STORES } from './stores.js';

const CLIENTS = Array.from({ length: 64 }, (_, index) => index);
const REPOSITORIES = ['app', 'team/app', 'team/other'];
const EVERYTHING = '?n=10000';
/** More than goes through a socket at once. */
const SHARED_BLOB = new Uint8Array(300_000).map((_, index) => index % 251);

/** One of the clients, and the statuses of all its answers. */
class Client {
  readonly #server: StoreServer;
  readonly statuses: number[] = [];

  constructor(server: StoreServer) {
    this.#server = server;
  }

  async send(method: string, path: string, init?: RequestInit): Promise<Response> {
    const response = await this.#server.send(method, `/v2/${path}`, init);
    this.statuses.push(response.status);
    return response;
  }

  async pushBlob(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<BlobInfo> {
    const digest = digestOf(bytes);
    const started = await this.send('POST', `${repository}/blobs/uploads/`);
    const session = (started.headers.get('Location') ?? '').split('/').at(-1);
    const half = bytes.length >> 1;
    await this.send('PATCH', `${repository}/blobs/uploads/${session}`, { body: bytes.slice(0, half) });
    await this.send('PUT', `${repository}/blobs/uploads/${session}?digest=${digest}`, { body: bytes.slice(half) });
    return { digest, size: bytes.length };
  }

  /** @param target - tags, or nothing. */
  async pushManifest(
    repository: string,
    config: BlobInfo,
    { label, subject, tags = [] }: { label: string; subject?: Descriptor; tags?: readonly string[] },
  ): Promise<Descriptor> {
    const mediaType = MEDIA_TYPES.oci.manifest;
    const named = { ...config, mediaType: 'application/vnd.example.config' };
    const document = { schemaVersion: 2, mediaType, config: named, layers: [], annotations: { label }, subject };
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    const digest = digestOf(bytes);
    const query = tags.map((tag, index) => `${index === 0 ? '?' : '&'}tag=${tag}`).join('');
    const init = { body: bytes, headers: { 'Content-Type': mediaType } };
    await this.send('PUT', `${repository}/manifests/${digest}${query}`, init);
    return { mediaType, digest, size: bytes.length };
  }
}

async function together<T>(server: StoreServer, work: (client: Client, index: number) => Promise<T>): Promise<T[]> {
  const clients = CLIENTS.map(() => new Client(server));
  const results = await Promise.all(clients.map((client, index) => work(client, index)));
  const refused = clients.flatMap(({ statuses }) => statuses).filter((status) => status >= 300);
  expect(refused).toEqual([]);
  return results;
}

const listed = async (server: StoreServer, path: string) => (await server.send('GET', `/v2/${path}`)).json();

function repositoryOf(index: number): string {
  return REPOSITORIES[index % REPOSITORIES.length] ?? '';
}

describe.each(STORES)('64 clients of a registry over %s', (_name, start) => {
  it('push the same image at once, and there is one of it', async () => {
    const server = await start();
    const pushed = await together(server, async (client) => {
      const config = await client.pushBlob('app', SHARED_BLOB);
      return client.pushManifest('app', config, { label: 'same', tags: ['latest', 'v1'] });
    });
    const [manifest] = pushed;
    expect(new Set(pushed.map(({ digest }) => digest)).size).toBe(1);
    expect(await listed(server, `_catalog${EVERYTHING}`)).toEqual({ repositories: ['app'] });
    expect(await listed(server, `app/tags/list${EVERYTHING}`)).toEqual({ name: 'app', tags: ['latest', 'v1'] });
    expect(await server.store.measureRepository('app')).toBe(SHARED_BLOB.length + (manifest?.size ?? 0));
    const blob = await server.send('GET', `/v2/app/blobs/${digestOf(SHARED_BLOB)}`);
    expect(digestOf(new Uint8Array(await blob.arrayBuffer()))).toBe(digestOf(SHARED_BLOB));
    expect(server.errors).toEqual([]);
  });

  it('push images of their own into the same repositories, and each of them is there', async () => {
    const server = await start();
    const pushed = await together(server, async (client, index) => {
      const repository = repositoryOf(index);
      await client.pushBlob(repository, SHARED_BLOB);
      const config = await client.pushBlob(repository, new TextEncoder().encode(`{"client":${index}}`));
      const tags = [`v${index}`, `alias-${index}`];
      return {
        repository,
        tags,
        config,
        manifest: await client.pushManifest(repository, config, { label: 'own', tags }),
      };
    });
    expect(await listed(server, `_catalog${EVERYTHING}`)).toEqual({ repositories: REPOSITORIES });
    for (const name of REPOSITORIES) {
      const own = pushed.filter(({ repository }) => repository === name);
      const tags = own.flatMap((image) => image.tags).sort();
      expect(await listed(server, `${name}/tags/list${EVERYTHING}`)).toEqual({ name, tags });
      const sizes = own.map(({ config, manifest }) => config.size + manifest.size);
      const size = sizes.reduce((sum, bytes) => sum + bytes, SHARED_BLOB.length);
      expect(await server.store.measureRepository(name)).toBe(size);
    }
    for (const { repository, tags, config, manifest } of pushed) {
      for (const tag of tags) {
        const { headers } = await server.send('HEAD', `/v2/${repository}/manifests/${tag}`);
        expect(headers.get('Docker-Content-Digest')).toBe(manifest.digest);
      }
      expect(await server.store.statBlob(repository, config.digest)).toMatchObject({ size: config.size });
    }
    expect(server.errors).toEqual([]);
  });

  it('attach referrers to one image, and all of them are listed once', async () => {
    const server = await start();
    const owner = new Client(server);
    const config = await owner.pushBlob('app', new TextEncoder().encode('{}'));
    const subject = await owner.pushManifest('app', config, { label: 'subject', tags: ['latest'] });
    const pushed = await together(server, async (client, index) => {
      await client.pushManifest('app', config, { label: 'attached by all', subject });
      return client.pushManifest('app', config, { label: `attached by ${index}`, subject });
    });
    const response = await listed(server, `app/referrers/${subject.digest}`);
    const { manifests } = ociIndexSchema.parse(response);
    const labels = manifests.map(({ annotations }) => annotations?.label).sort();
    expect(labels).toEqual(['attached by all', ...CLIENTS.map((index) => `attached by ${index}`)].sort());
    expect(manifests.map(({ digest }) => digest)).toEqual(expect.arrayContaining(pushed.map(({ digest }) => digest)));
    expect(await listed(server, `app/tags/list${EVERYTHING}`)).toEqual({ name: 'app', tags: ['latest'] });
  });

  it('move one tag, and it names what one of them pushed', async () => {
    const server = await start();
    const pushed = await together(server, async (client, index) => {
      const config = await client.pushBlob('app', new TextEncoder().encode(`{"client":${index}}`));
      return client.pushManifest('app', config, { label: `moved by ${index}`, tags: ['latest'] });
    });
    expect(await listed(server, `app/tags/list${EVERYTHING}`)).toEqual({ name: 'app', tags: ['latest'] });
    const { headers } = await server.send('HEAD', '/v2/app/manifests/latest');
    expect(pushed.map(({ digest }) => digest)).toContain(headers.get('Docker-Content-Digest'));
    for (const { digest } of pushed) expect((await server.send('GET', `/v2/app/manifests/${digest}`)).status).toBe(200);
  });

  it('delete what they have pushed while others push, and what stays is exact', async () => {
    const server = await start();
    await together(server, async (client, index) => {
      const repository = repositoryOf(index);
      const config = await client.pushBlob(repository, new TextEncoder().encode(`{"client":${index}}`));
      const manifest = await client.pushManifest(repository, config, { label: `${index}`, tags: [`v${index}`] });
      if (index % 2 === 0) {
        await client.send('DELETE', `${repository}/manifests/${manifest.digest}`);
        await client.send('DELETE', `${repository}/blobs/${config.digest}`);
      }
    });
    for (const name of REPOSITORIES) {
      const left = CLIENTS.filter((index) => index % 2 === 1 && repositoryOf(index) === name);
      const tags = left.map((index) => `v${index}`).sort();
      expect(await listed(server, `${name}/tags/list${EVERYTHING}`)).toEqual({ name, tags });
    }
    expect(server.errors).toEqual([]);
  });
});
