/** What becomes of a registry over a directory when its disk is full, and afterwards. Needs root, for the disk. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import { type Digest, MEDIA_TYPES, wireErrorSchema } from '@quinistry/oci-image/spec';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, root } from '../../../oci-image/test/judges.js';
import { openDirectoryStore } from '../../src/storage/directory/directory-store.js';
import { verifyDirectory } from '../../src/storage/directory/verify-directory.js';
import { type StoreServer, startStoreServer } from '../store-server.js';
import { SmallDisk, smallDisks } from './small-disk.js';

const DISK_BYTES = 24 << 20;
const LAYER_BYTES = 1 << 20;
const REPOSITORY = 'team/app';

/** A registry on a small disk, and what it has acknowledged. */
class FullDiskRegistry {
  readonly disk: SmallDisk;
  readonly directory: string;
  readonly #acknowledged = new Map<string, { readonly digest: Digest; readonly layer: Digest }>();
  #server: StoreServer;

  private constructor(disk: SmallDisk, directory: string, server: StoreServer) {
    this.disk = disk;
    this.directory = directory;
    this.#server = server;
  }

  static async start(): Promise<FullDiskRegistry> {
    const disk = await SmallDisk.mount(DISK_BYTES);
    onTestFinished(() => disk.unmount());
    const directory = join(disk.path, 'registry');
    const server = await startStoreServer(await openDirectoryStore(directory));
    const registry = new FullDiskRegistry(disk, directory, server);
    onTestFinished(() => registry.close());
    return registry;
  }

  async close(): Promise<void> {
    await this.#server.close({ timeoutMs: 0 });
    await this.#server.store.close();
  }

  async reopen(): Promise<void> {
    await this.close();
    this.#server = await startStoreServer(await openDirectoryStore(this.directory));
  }

  send(method: string, path: string, init?: RequestInit): Promise<Response> {
    return this.#server.send(method, `/v2/${REPOSITORY}/${path}`, init);
  }

  /** A blob in chunks, as clients send layers. @returns whether it was taken. */
  async pushBlob(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const started = await this.send('POST', 'blobs/uploads/');
    if (!(await isTaken(started, 202))) return false;
    const session = (started.headers.get('Location') ?? '').split('/').at(-1);
    const patched = await this.send('PATCH', `blobs/uploads/${session}`, { body: bytes });
    const isKept = await isTaken(patched, 202);
    const sealed = isKept && (await this.send('PUT', `blobs/uploads/${session}?digest=${digestOf(bytes)}`));
    if (sealed && (await isTaken(sealed, 201))) return true;
    await this.send('DELETE', `blobs/uploads/${session}`);
    return false;
  }

  /** @returns whether all of it was taken; what was not is refused as it should be. */
  async pushImage(tag: string, layerBytes = LAYER_BYTES): Promise<boolean> {
    const layer = new Uint8Array(randomBytes(layerBytes));
    if (!(await this.pushBlob(layer))) return false;
    return this.#pushManifest(tag, digestOf(layer), layerBytes);
  }

  async #pushManifest(tag: string, layer: Digest, size: number): Promise<boolean> {
    const descriptor = { mediaType: MEDIA_TYPES.oci.layer, digest: layer, size };
    const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.manifest, config: descriptor, layers: [] };
    const body = JSON.stringify({ ...document, annotations: { tag } });
    const headers = { 'Content-Type': MEDIA_TYPES.oci.manifest };
    if (!(await isTaken(await this.send('PUT', `manifests/${tag}`, { body, headers }), 201))) return false;
    this.#acknowledged.set(tag, { digest: digestOf(new TextEncoder().encode(body)), layer });
    return true;
  }

  /** A manifest for a layer that is there already. */
  async tagAnew(tag: string, like: string): Promise<boolean> {
    const { layer } = this.acknowledged(like);
    return this.#pushManifest(tag, layer, LAYER_BYTES);
  }

  acknowledged(tag: string): { readonly digest: Digest; readonly layer: Digest } {
    const found = this.#acknowledged.get(tag);
    if (found === undefined) throw new RangeError(`${tag} was not pushed`);
    return found;
  }

  async delete(path: string, ...tags: readonly string[]): Promise<void> {
    expect((await this.send('DELETE', path)).status).toBe(202);
    for (const tag of tags) this.#acknowledged.delete(tag);
  }

  async collectGarbage(): Promise<void> {
    for await (const _ of this.#server.store.collectGarbage({ graceMs: 0 }));
  }

  /** Everything that was acknowledged is there, byte for byte, and nothing else is listed. */
  async demandAcknowledged(): Promise<void> {
    const tags = await this.send('GET', 'tags/list');
    expect(await tags.json()).toEqual({ name: REPOSITORY, tags: [...this.#acknowledged.keys()].sort() });
    for (const [tag, { digest, layer }] of this.#acknowledged) {
      const manifest = await this.send('GET', `manifests/${tag}`);
      expect(digestOf(new Uint8Array(await manifest.arrayBuffer()))).toBe(digest);
      const blob = await this.send('GET', `blobs/${layer}`);
      expect(digestOf(new Uint8Array(await blob.arrayBuffer()))).toBe(layer);
    }
  }

  /** What other tools see. */
  writtenIndex(): Promise<string> {
    return readFile(join(this.directory, REPOSITORY, 'index.json'), 'utf8');
  }

  async findings(): Promise<readonly unknown[]> {
    const findings: unknown[] = [];
    for await (const finding of verifyDirectory(this.directory)) findings.push(finding);
    return findings;
  }
}

/** What is not taken is answered with 507 and the protocol's error. */
async function isTaken(response: Response, status: number): Promise<boolean> {
  if (response.status === status) return true;
  expect(response.status).toBe(507);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  const { errors } = wireErrorSchema.parse(await response.json());
  expect(errors.map(({ code, message }) => [code, message])).toEqual([
    ['UNAVAILABLE', 'the registry has no room left'],
  ]);
  return false;
}

async function fillWithImages(registry: FullDiskRegistry): Promise<number> {
  let pushed = 0;
  while (await registry.pushImage(`v${pushed}`)) pushed += 1;
  return pushed;
}

describeWith([root, smallDisks], 'a registry on a disk that is full', () => {
  it('refuses pushes with 507, and has everything that it acknowledged', async () => {
    const registry = await FullDiskRegistry.start();
    const pushed = await fillWithImages(registry);
    expect(pushed).toBeGreaterThan(10);
    await registry.demandAcknowledged();
    expect(await registry.findings()).toEqual([]);
  });

  it('takes small things while there is room for them, and none when there is not a block left', async () => {
    const registry = await FullDiskRegistry.start();
    expect(await registry.pushImage('first')).toBe(true);
    await registry.disk.fill(16);
    expect(await registry.pushImage('large')).toBe(false);
    expect(await registry.pushImage('small', 100)).toBe(true);
    await registry.disk.fill();
    expect(await registry.pushImage('smaller', 10)).toBe(false);
    expect(await registry.tagAnew('again', 'first')).toBe(false);
    await registry.demandAcknowledged();
  });

  it('refuses each of 32 pushes at once or takes it whole', async () => {
    const registry = await FullDiskRegistry.start();
    const taken = await Promise.all(Array.from({ length: 32 }, (_, index) => registry.pushImage(`v${index}`)));
    expect(new Set(taken)).toEqual(new Set([true, false]));
    await registry.demandAcknowledged();
    expect(await registry.findings()).toEqual([]);
  });

  it('lets tags and manifests be deleted, and takes pushes again once garbage has made room', async () => {
    const registry = await FullDiskRegistry.start();
    const pushed = await fillWithImages(registry);
    await registry.disk.fill();
    await registry.delete('manifests/v0', 'v0');
    const { digest } = registry.acknowledged('v1');
    await registry.delete(`manifests/${digest}`, 'v1');
    await registry.demandAcknowledged();
    await registry.collectGarbage();
    expect(await registry.pushImage('after')).toBe(true);
    await registry.demandAcknowledged();
    expect(pushed).toBeGreaterThan(2);
  });

  it('has names that it had no room to write into the index, also after a restart', async () => {
    const registry = await FullDiskRegistry.start();
    expect(await registry.pushImage('first')).toBe(true);
    for (let count = 0; count < 200; count++) expect(await registry.tagAnew(`tag-${count}`, 'first')).toBe(true);
    // Room for manifests, and less than the index needs that names them all.
    await registry.disk.fill(4);
    expect(await registry.tagAnew('in-the-journal', 'first')).toBe(true);
    await registry.demandAcknowledged();
    expect(await registry.writtenIndex()).not.toContain('in-the-journal');
    await registry.reopen();
    await registry.demandAcknowledged();
    expect(await registry.writtenIndex()).not.toContain('in-the-journal');
    await registry.disk.empty();
    await registry.reopen();
    await registry.demandAcknowledged();
    expect(await registry.writtenIndex()).toContain('in-the-journal');
    expect(await registry.findings()).toEqual([]);
  });

  it('is opened again though there is not a block left', async () => {
    const registry = await FullDiskRegistry.start();
    expect(await registry.pushImage('first')).toBe(true);
    await registry.disk.fill();
    await registry.reopen();
    await registry.demandAcknowledged();
    expect(await registry.findings()).toEqual([]);
  });

  it('is not opened where no file can be made, and opened whole once one can', async () => {
    const registry = await FullDiskRegistry.start();
    expect(await registry.pushImage('first')).toBe(true);
    await registry.close();
    await registry.disk.forbidFiles();
    await expect(openDirectoryStore(registry.directory)).rejects.toMatchObject({ code: 'NO_SPACE' });
    registry.disk.allowFiles();
    await registry.reopen();
    await registry.demandAcknowledged();
    expect(await registry.findings()).toEqual([]);
  });

  it('goes on where an upload stopped when the disk has grown', async () => {
    const registry = await FullDiskRegistry.start();
    await registry.disk.fill(100);
    const bytes = new Uint8Array(randomBytes(LAYER_BYTES));
    const started = await registry.send('POST', 'blobs/uploads/');
    const session = (started.headers.get('Location') ?? '').split('/').at(-1);
    expect((await registry.send('PATCH', `blobs/uploads/${session}`, { body: bytes })).status).toBe(507);
    registry.disk.resize(2 * DISK_BYTES);
    const { headers } = await registry.send('GET', `blobs/uploads/${session}`);
    const kept = Number(/^0-(\d+)$/.exec(headers.get('Range') ?? '')?.[1]);
    const start = kept === 0 ? 0 : kept + 1;
    const rest = { body: bytes.slice(start), headers: { 'Content-Range': `${start}-${bytes.length - 1}` } };
    const sealed = await registry.send('PUT', `blobs/uploads/${session}?digest=${digestOf(bytes)}`, rest);
    expect(sealed.status).toBe(201);
    expect(await registry.pushImage('after')).toBe(true);
    await registry.demandAcknowledged();
    expect(await registry.findings()).toEqual([]);
  });
});
