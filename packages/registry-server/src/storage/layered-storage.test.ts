import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFixtureStorage, LAYER_DIGEST } from '../testing/fixture-storage.js';
import { createLayeredStore } from './layered-storage.js';
import { createMemoryStore } from './memory/memory-store.js';
import type { RegistryStore } from './registry-store.js';

const OWN = ['demo/app', 'other/private'];

async function pushTag(store: RegistryStore, repository: string): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [] }));
  const manifest = { digest: digestOf(bytes), mediaType: MEDIA_TYPES.oci.index, bytes };
  await store.writeManifest(repository, manifest, { tags: ['v1'] });
}

function createStore(): { below: RegistryStore; store: RegistryStore } {
  const below = createMemoryStore();
  return { below, store: createLayeredStore({ repositories: OWN, storage: createFixtureStorage() }, below) };
}

describe('createLayeredStore()', () => {
  it('lists both sorted by bytes, in pages that leave nothing out and repeat nothing', async () => {
    const { below, store } = createStore();
    const names = ['a', 'demo', 'demo/app', 'demo/app-2', 'other/x', 'z'];
    for (const name of names) await pushTag(below, name);
    const all = [...new Set([...names, ...OWN])].sort();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (limit) => {
        const seen: string[] = [];
        for (;;) {
          const page = await store.listRepositories({ limit, last: seen.at(-1) });
          if (page.length === 0) break;
          expect(page.length).toBeLessThanOrEqual(limit);
          seen.push(...page);
        }
        expect(seen).toEqual(all);
      }),
      { numRuns: 9 },
    );
  });

  it('reads the repositories that are made here, and hides what the store has under their names', async () => {
    const { below, store } = createStore();
    await pushTag(below, 'demo/app');
    expect(await store.resolveTag('demo/app', 'v1')).toEqual([]);
    expect(await store.resolveTag('demo/app', 'latest')).toHaveLength(2);
    expect(await store.statBlob('demo/app', LAYER_DIGEST)).toMatchObject({ size: 2000 });
    expect(await store.listTags('demo/app', { limit: 1 })).toEqual(['10']);
  });

  it('passes pushes to other repositories on', async () => {
    const { below, store } = createStore();
    await pushTag(store, 'team/app');
    expect(await below.resolveTag('team/app', 'v1')).toHaveLength(1);
  });

  it.each<[string, (store: RegistryStore) => Promise<unknown>]>([
    ['createUpload', (store) => store.createUpload('demo/app')],
    ['mountBlob', (store) => store.mountBlob('demo/app', LAYER_DIGEST, 'team/app')],
    ['writeManifest', (store) => pushTag(store, 'demo/app')],
    ['deleteTag', (store) => store.deleteTag('demo/app', 'latest')],
    ['deleteManifest', (store) => store.deleteManifest('demo/app', LAYER_DIGEST)],
    ['deleteBlob', (store) => store.deleteBlob('demo/app', LAYER_DIGEST)],
  ])('refuses %s to what is made here with READ_ONLY', async (_method, write) => {
    await expect(write(createStore().store)).rejects.toMatchObject({ code: 'READ_ONLY' });
  });

  it('lists the uploads of the store, and none to what is made here', async () => {
    const { below, store } = createStore();
    const [{ session }] = await Promise.all([store.createUpload('team/app'), below.createUpload('demo/app')]);
    expect(await store.listUploads('team/app')).toEqual([{ session, size: 0 }]);
    expect(await store.listUploads('demo/app')).toEqual([]);
  });

  it('leaves what is made here out of mounts', async () => {
    const { store } = createStore();
    expect(await store.mountBlob('team/app', LAYER_DIGEST, 'demo/app')).toBeUndefined();
    expect(await store.findBlob(LAYER_DIGEST, () => true)).toBeUndefined();
  });
});
