import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistryStore } from '../registry-store.js';
import {
  blobOf,
  descriptorOf,
  digestsOfTag,
  EMPTY_BLOB,
  EVERYTHING,
  imageOf,
  indexOf,
  layerOf,
  noteOf,
  pushBlob,
  readBlob,
  referrersOf,
  sorted,
} from './sample-content.js';
import { type RepositoryView, StoreModel } from './store-model.js';
import { type Bench, type OpenStore, withStore } from './store-under-test.js';

/** A small world, so that steps meet: repositories in one another, blobs in several manifests, manifests in others. */
const REPOSITORIES = ['a', 'a/b'];
const TAGS = ['latest', 'v1', 'v2'];
const [CONFIG, LAYER, BASE] = [blobOf('config'), blobOf('layer'), blobOf('base')];
const BLOBS = [CONFIG, LAYER, BASE, EMPTY_BLOB];
const IMAGE = imageOf([CONFIG, LAYER, BASE]);
const CHILD = imageOf([CONFIG, BASE]);
const INDEX = indexOf([descriptorOf(IMAGE), descriptorOf(CHILD)]);
const CACHE = indexOf([layerOf(LAYER), layerOf(BASE)]);
const SIGNATURE = noteOf('signature', { subject: INDEX });
const COUNTERSIGNATURE = imageOf([CONFIG], { subject: SIGNATURE });
const MANIFESTS = [IMAGE, CHILD, INDEX, CACHE, SIGNATURE, COUNTERSIGNATURE, indexOf([descriptorOf(INDEX)])];

const repository = fc.constantFrom(...REPOSITORIES);
const blob = fc.constantFrom(...BLOBS);
const manifest = fc.constantFrom(...MANIFESTS);
const tag = fc.constantFrom(...TAGS);

const stepArbitrary = fc.oneof(
  // Single pushes seldom bring together all that an index of images names.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('push everything' as const), repository }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push blob' as const), repository, blob }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mount' as const), repository, blob, from: repository }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete blob' as const), repository, blob }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('write manifest' as const),
      repository,
      manifest,
      tags: fc.uniqueArray(tag, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete manifest' as const), repository, manifest }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete tag' as const), repository, tag }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('collect' as const), untagged: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer S> ? S : never;

const START: Step = { kind: 'push everything', repository: 'a' };

export function describeAnyOrder(open: OpenStore): void {
  describe('steps in any order', () => {
    it('leave what a registry of plain maps would have', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { minLength: 10, maxLength: 40, size: 'max' }), (steps) =>
          withStore(open)(async (bench) => {
            const model = new StoreModel();
            let { store } = bench;
            for (const step of [START, ...steps]) {
              store = await take(step, store, model, bench);
              await compare(store, model);
            }
          })(),
        ),
        { numRuns: 25 },
      );
    });
  });
}

/** Does to both what the step says, and compares what the store answers. */
async function take(step: Step, store: RegistryStore, model: StoreModel, bench: Bench): Promise<RegistryStore> {
  switch (step.kind) {
    case 'push everything':
      for (const each of BLOBS) await take({ ...step, kind: 'push blob', blob: each }, store, model, bench);
      for (const each of MANIFESTS) {
        await take({ ...step, kind: 'write manifest', manifest: each, tags: [] }, store, model, bench);
      }
      break;
    case 'push blob':
      await pushBlob(store, step.repository, step.blob);
      model.pushBlob(step.repository, step.blob.digest, step.blob.size);
      break;
    case 'mount': {
      const mounted = await store.mountBlob(step.repository, step.blob.digest, step.from);
      expect(mounted !== undefined).toBe(model.mountBlob(step.repository, step.blob.digest, step.from));
      break;
    }
    case 'delete blob': {
      const { digest } = step.blob;
      expect(await store.deleteBlob(step.repository, digest)).toBe(model.deleteBlob(step.repository, digest));
      break;
    }
    case 'write manifest': {
      const written = store.writeManifest(step.repository, step.manifest, { tags: step.tags });
      const missing = model.writeManifest(step.repository, step.manifest, step.tags);
      if (missing.length === 0) {
        await written;
      } else {
        const failure = await written.catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'REFERENCE_UNKNOWN', missing: expect.arrayContaining([...missing]) });
        expect(failure).toHaveProperty('missing.length', missing.length);
      }
      break;
    }
    case 'delete manifest': {
      const { digest } = step.manifest;
      expect(await store.deleteManifest(step.repository, digest)).toBe(model.deleteManifest(step.repository, digest));
      break;
    }
    case 'delete tag':
      expect(await store.deleteTag(step.repository, step.tag)).toBe(model.deleteTag(step.repository, step.tag));
      break;
    case 'collect':
      for await (const _ of store.collectGarbage({ graceMs: 0, untagged: step.untagged }));
      model.collectGarbage(step.untagged);
      break;
    case 'reopen':
      return bench.reopen();
  }
  return store;
}

async function compare(store: RegistryStore, model: StoreModel): Promise<void> {
  expect(await store.listRepositories(EVERYTHING)).toEqual([...model.repositories.keys()].sort());
  for (const name of REPOSITORIES) {
    expect(await viewOf(store, name)).toEqual(model.view(name));
    for (const { digest } of MANIFESTS) {
      expect(await referrersOf(store, name, { digest })).toEqual(sorted(model.referrers(name, digest)));
    }
  }
}

/** What a repository has of the small world, every byte of it read. */
async function viewOf(store: RegistryStore, name: string): Promise<RepositoryView> {
  const tags = [];
  for (const each of (await store.listTags(name, EVERYTHING)) ?? []) {
    for (const digest of await digestsOfTag(store, name, each)) tags.push([each, digest] as const);
  }
  const manifests = [];
  for (const { digest } of MANIFESTS) if (await store.readManifest(name, digest)) manifests.push(digest);
  const blobs = [];
  for (const each of BLOBS) if (await store.statBlob(name, each.digest)) blobs.push(await readBlob(store, name, each));
  return {
    size: await store.measureRepository(name),
    tags,
    manifests: sorted(manifests),
    blobs: sorted(blobs),
  };
}
