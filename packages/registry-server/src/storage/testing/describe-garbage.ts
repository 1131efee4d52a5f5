import type { BlobInfo } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import type { CollectOptions, Garbage, RegistryStore } from '../registry-store.js';
import {
  blobOf,
  chunksOf,
  descriptorOf,
  digestsOfTag,
  EVERYTHING,
  imageOf,
  indexOf,
  layerOf,
  manifestOf,
  noteOf,
  pushBlob,
  pushImage,
  readBlob,
  referrersOf,
  sorted,
  startUpload,
} from './sample-content.js';
import { heldSource } from './stalling-source.js';
import { type OpenStore, withStore } from './store-under-test.js';

/** Collects to the end, and gives the names of what was found, sorted. */
async function collect(store: RegistryStore, options: CollectOptions): Promise<readonly string[]> {
  return sorted((await collectItems(store, options)).map(({ name }) => name));
}

async function collectItems(store: RegistryStore, options: CollectOptions): Promise<readonly Garbage[]> {
  const found: Garbage[] = [];
  for await (const item of store.collectGarbage(options)) found.push(item);
  return found;
}

function namesOf(...items: readonly { readonly digest: string }[]): readonly string[] {
  return sorted(items.map(({ digest }) => digest));
}

async function isHeld(store: RegistryStore, { digest }: BlobInfo): Promise<boolean> {
  return (await store.statBlob('app', digest)) !== undefined;
}

export function describeGarbage(open: OpenStore): void {
  const using = withStore(open);

  describe('collectGarbage', () => {
    it(
      'removes blobs that nothing names once the grace period is over, and tells of each',
      using(async ({ store, graceMs, outlastGrace }) => {
        const orphan = await pushBlob(store, 'app', blobOf('orphan'));
        const kept = await pushImage(store, 'app', 'config', { tags: ['latest'] });
        expect(await collect(store, { graceMs })).toEqual([]);
        await outlastGrace();
        expect(await collectItems(store, { graceMs })).toEqual([
          { kind: 'blob', repository: 'app', name: orphan.digest, size: orphan.size },
        ]);
        expect(await isHeld(store, orphan)).toBe(false);
        expect(await readBlob(store, 'app', kept.blob)).toBe(kept.blob.digest);
        expect(await digestsOfTag(store, 'app', 'latest')).toEqual([kept.manifest.digest]);
        expect(await collect(store, { graceMs: 0 })).toEqual([]);
      }),
    );

    it(
      'leaves what a manifest names whose type no specification defines',
      using(async ({ store, graceMs, outlastGrace }) => {
        const blob = await pushBlob(store, 'app', blobOf('part of an artifact'));
        const artifact = manifestOf('application/vnd.example.artifact+json', { blobs: [layerOf(blob)] });
        await store.writeManifest('app', artifact, { tags: ['latest'] });
        await outlastGrace();
        expect(await collect(store, { graceMs })).toEqual([]);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'leaves a blob that a client was just told exists, or that was just mounted or sent again',
      using(async ({ store, graceMs, outlastGrace }) => {
        const [asked, mounted, sent, old] = await Promise.all(
          ['asked', 'mounted', 'sent', 'old'].map((text) => pushBlob(store, 'app', blobOf(text))),
        );
        await pushBlob(store, 'other', blobOf('mounted'));
        if (!asked || !mounted || !sent || !old) throw new Error('four blobs were pushed');
        await outlastGrace();
        expect(await store.statBlob('app', asked.digest)).toMatchObject({ size: asked.size });
        await store.mountBlob('app', mounted.digest, 'other');
        await pushBlob(store, 'app', sent);
        await collect(store, { graceMs });
        await store.writeManifest('app', imageOf([asked, mounted, sent]));
        for (const blob of [asked, mounted, sent]) expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
        expect(await isHeld(store, old)).toBe(false);
      }),
    );

    it(
      'leaves a shared blob where it was asked for, and takes it once nobody has asked anywhere',
      using(async ({ store, graceMs, outlastGrace }) => {
        const blob = await pushBlob(store, 'app', blobOf('shared'));
        await store.mountBlob('other', blob.digest, 'app');
        await outlastGrace();
        await store.statBlob('app', blob.digest);
        // Whether the other repository keeps it for as long is the store's affair.
        await collect(store, { graceMs });
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
        await outlastGrace();
        await collect(store, { graceMs });
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
      }),
    );

    it(
      'leaves all manifests, and what they name, unless it is told to take those that nothing names',
      using(async ({ store, graceMs, outlastGrace }) => {
        const tagged = await pushImage(store, 'app', 'tagged', { tags: ['latest'] });
        const untagged = await pushImage(store, 'app', 'untagged', { tags: ['moves'] });
        await store.deleteTag('app', 'moves');
        await outlastGrace();
        expect(await collect(store, { graceMs })).toEqual([]);
        expect(await collect(store, { graceMs, untagged: true })).toEqual(namesOf(untagged.manifest, untagged.blob));
        expect(await store.readManifest('app', untagged.manifest.digest)).toBeUndefined();
        expect(await store.readManifest('app', tagged.manifest.digest)).toMatchObject({
          mediaType: expect.any(String),
        });
      }),
    );

    it(
      'leaves members of indexes, of indexes in them, and blobs that indexes list',
      using(async ({ store }) => {
        const { manifest, blob } = await pushImage(store, 'app', 'member');
        const layer = await pushBlob(store, 'app', blobOf('listed'));
        const inner = indexOf([descriptorOf(manifest), layerOf(layer)]);
        await store.writeManifest('app', inner);
        const outer = indexOf([descriptorOf(inner)]);
        await store.writeManifest('app', outer, { tags: ['latest'] });
        expect(await collect(store, { graceMs: 0, untagged: true })).toEqual([]);
        await store.deleteTag('app', 'latest');
        const all = namesOf(manifest, blob, layer, inner, outer);
        expect(await collect(store, { graceMs: 0, untagged: true })).toEqual(all);
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
      }),
    );

    it(
      'leaves the referrers of what stays, and theirs, and takes them with their subject',
      using(async ({ store }) => {
        const { manifest: subject, blob } = await pushImage(store, 'app', 'subject', { tags: ['latest'] });
        const sbom = await pushImage(store, 'app', 'sbom', { subject });
        const signature = await pushImage(store, 'app', 'signature of the sbom', { subject: sbom.manifest });
        const lost = await pushImage(store, 'app', 'about nothing', { subject: noteOf('never pushed') });
        expect(await collect(store, { graceMs: 0, untagged: true })).toEqual(namesOf(lost.manifest, lost.blob));
        await store.deleteTag('app', 'latest');
        expect(await collect(store, { graceMs: 0, untagged: true })).toEqual(
          namesOf(subject, blob, sbom.manifest, sbom.blob, signature.manifest, signature.blob),
        );
        expect(await store.listReferrers('app', subject.digest)).toEqual([]);
      }),
    );

    it(
      'leaves the referrers of what is named and not there, as it may be pushed again',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'member');
        const signature = noteOf('signature', { subject: manifest });
        await store.writeManifest('app', signature);
        await store.writeManifest('app', indexOf([descriptorOf(manifest)]), { tags: ['latest'] });
        await store.deleteManifest('app', manifest.digest);
        await collect(store, { graceMs: 0, untagged: true });
        expect(await referrersOf(store, 'app', manifest)).toEqual([signature.digest]);
      }),
    );

    it(
      'leaves an untagged manifest that was just written or read, and what it names',
      using(async ({ store, graceMs, outlastGrace }) => {
        const [read, old] = [await pushImage(store, 'app', 'read'), await pushImage(store, 'app', 'old')];
        await outlastGrace();
        const written = await pushImage(store, 'app', 'written');
        await store.readManifest('app', read.manifest.digest);
        expect(await collect(store, { graceMs, untagged: true })).toEqual(namesOf(old.manifest, old.blob));
        const members = [read.manifest, written.manifest].map(descriptorOf);
        await store.writeManifest('app', indexOf(members), { tags: ['latest'] });
        for (const { blob } of [read, written]) expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'ends uploads that have had no byte for the grace period, and none that is being written to',
      using(async ({ store, graceMs, outlastGrace }) => {
        const abandoned = await startUpload(store, 'app', blobOf('abandoned').bytes);
        const active = await startUpload(store, 'app', blobOf('act').bytes);
        const slow = await store.createUpload('app');
        const held = heldSource(blobOf('one').bytes, blobOf('two').bytes);
        const writing = store.appendUpload('app', slow.session, held.source);
        await held.started;
        await outlastGrace();
        await store.appendUpload('app', active, chunksOf(blobOf('ive').bytes));
        expect(await collectItems(store, { graceMs })).toEqual([
          { kind: 'upload', repository: 'app', name: abandoned, size: 9 },
        ]);
        expect(await store.statUpload('app', abandoned)).toBeUndefined();
        held.release();
        expect(await writing).toEqual({ session: slow.session, size: 6 });
        expect(await store.finishUpload('app', active, blobOf('active').digest)).toMatchObject({ size: 6 });
      }),
    );

    it(
      'takes a blob from the repository where nothing names it, and leaves it where something does',
      using(async ({ store }) => {
        const { blob } = await pushImage(store, 'app', 'shared', { tags: ['latest'] });
        await store.mountBlob('other', blob.digest, 'app');
        expect(await collectItems(store, { graceMs: 0 })).toEqual([
          { kind: 'blob', repository: 'other', name: blob.digest, size: 0 },
        ]);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
        expect(await store.listRepositories(EVERYTHING)).toEqual(['app']);
      }),
    );

    it(
      'counts the bytes of a blob once that several repositories let go of',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'a', blobOf('shared by all'));
        for (const repository of ['b', 'c']) await store.mountBlob(repository, blob.digest, 'a');
        const found = await collectItems(store, { graceMs: 0 });
        expect(sorted(found.map(({ repository }) => repository))).toEqual(['a', 'b', 'c']);
        expect(found.reduce((sum, { size }) => sum + size, 0)).toBe(blob.size);
      }),
    );

    it(
      'tells in a dry run what it would remove, and removes nothing',
      using(async ({ store }) => {
        const orphan = await pushBlob(store, 'app', blobOf('orphan'));
        const untagged = await pushImage(store, 'app', 'untagged');
        const session = await startUpload(store, 'app', blobOf('upload').bytes);
        const options = { graceMs: 0, untagged: true };
        const foretold = await collect(store, { ...options, dryRun: true });
        expect(foretold).toEqual(sorted([...namesOf(orphan, untagged.manifest, untagged.blob), session]));
        expect(await collect(store, { ...options, dryRun: true })).toEqual(foretold);
        expect(await readBlob(store, 'app', orphan)).toBe(orphan.digest);
        expect(await store.statUpload('app', session)).toMatchObject({ size: 6 });
        expect(await store.readManifest('app', untagged.manifest.digest)).toBeDefined();
      }),
    );

    it(
      'goes on while clients push, and nothing that they push is lost',
      using(async ({ store, graceMs }) => {
        const pushing = Promise.all(
          Array.from({ length: 16 }, async (_, client) => {
            for (let round = 0; round < 4; round++) {
              await pushImage(store, `app-${client % 4}`, `${client}.${round}`, { tags: [`v${client}.${round}`] });
            }
          }),
        );
        const state = { isPushing: true };
        const pushed = pushing.finally(() => {
          state.isPushing = false;
        });
        while (state.isPushing) {
          expect(await collect(store, { graceMs, untagged: true })).toEqual([]);
          // A store in memory would collect for ever without letting a client have its turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
        await pushed;
        for (let client = 0; client < 16; client++) {
          for (let round = 0; round < 4; round++) {
            const { digest } = imageOf([blobOf(`${client}.${round}`)]);
            expect(await digestsOfTag(store, `app-${client % 4}`, `v${client}.${round}`)).toEqual([digest]);
          }
        }
        expect(await collect(store, { graceMs: 0, untagged: true })).toEqual([]);
      }),
    );

    it(
      'stops at an aborted signal with its reason',
      using(async ({ store }) => {
        const orphan = await pushBlob(store, 'app', blobOf('orphan'));
        const reason = new Error('enough');
        await expect(collect(store, { graceMs: 0, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        expect(await isHeld(store, orphan)).toBe(true);
      }),
    );
  });
}
