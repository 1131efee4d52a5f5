import { describe, expect, it } from 'vitest';
import {
  blobOf,
  chunksOf,
  descriptorOf,
  digestsOfTag,
  EMPTY_BLOB,
  EVERYTHING,
  imageOf,
  indexOf,
  noteOf,
  pushBlob,
  pushImage,
  readBlob,
  startUpload,
} from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

export function describePersistence(open: OpenStore): void {
  const using = withStore(open);

  describe('after it was closed and opened again, the store', () => {
    it(
      'has everything that was acknowledged, as it was',
      using(async ({ store, reopen }) => {
        const { blob, manifest } = await pushImage(store, 'team/app', 'config', { tags: ['latest', 'v1'] });
        const strong = await pushBlob(store, 'team/app', blobOf('strong', 'sha512'));
        await pushBlob(store, 'team/app', EMPTY_BLOB);
        const index = indexOf([descriptorOf(manifest)], { annotations: { 'org.example.note': 'kept' } });
        await store.writeManifest('team/app', index, { tags: ['multi'] });
        const signature = noteOf('signature', { subject: manifest, artifactType: 'application/vnd.example.signature' });
        await store.writeManifest('team/app', signature);
        await store.mountBlob('other', strong.digest, 'team/app');
        const before = {
          size: await store.measureRepository('team/app'),
          referrers: await store.listReferrers('team/app', manifest.digest),
        };

        const again = await reopen();
        expect(await again.listRepositories(EVERYTHING)).toEqual(['other', 'team/app']);
        expect(await again.listTags('team/app', EVERYTHING)).toEqual(['latest', 'multi', 'v1']);
        expect(await digestsOfTag(again, 'team/app', 'v1')).toEqual([manifest.digest]);
        for (const { digest, mediaType, bytes } of [manifest, index, signature]) {
          const found = await again.readManifest('team/app', digest);
          expect(found).toMatchObject({ digest, mediaType });
          expect(Buffer.compare(found?.bytes ?? new Uint8Array(), bytes)).toBe(0);
        }
        for (const each of [blob, strong, EMPTY_BLOB])
          expect(await readBlob(again, 'team/app', each)).toBe(each.digest);
        expect(await readBlob(again, 'other', strong)).toBe(strong.digest);
        expect(await again.statBlob('other', blob.digest)).toBeUndefined();
        expect(await again.listReferrers('team/app', manifest.digest)).toEqual(before.referrers);
        expect(await again.measureRepository('team/app')).toBe(before.size);
      }),
    );

    it(
      'goes on with uploads from the byte that they reached, by either algorithm',
      using(async ({ store, reopen }) => {
        for (const algorithm of ['sha256', 'sha512'] as const) {
          const blob = blobOf(2_500_001, algorithm);
          const session = await startUpload(store, 'app', blob.bytes.subarray(0, 1_300_000));
          const again = await reopen();
          expect(await again.statUpload('app', session)).toEqual({ session, size: 1_300_000 });
          expect(await again.statUpload('other', session)).toBeUndefined();
          expect(await again.listUploads('app')).toEqual([{ session, size: 1_300_000 }]);
          const rest = chunksOf(blob.bytes.subarray(1_300_000), 100_000);
          await again.appendUpload('app', session, rest, { offset: 1_300_000 });
          await again.finishUpload('app', session, blob.digest);
          expect(await readBlob(again, 'app', blob)).toBe(blob.digest);
          store = again;
        }
      }),
    );

    it(
      'does not bring back what was deleted, moved, ended or collected',
      using(async ({ store, reopen }) => {
        const deleted = await pushImage(store, 'app', 'deleted', { tags: ['a'] });
        const kept = await pushImage(store, 'app', 'kept', { tags: ['b', 'c', 'moves'] });
        const moved = await pushImage(store, 'app', 'moved', { tags: ['moves'] });
        const cancelled = await startUpload(store, 'app', blobOf('cancelled').bytes);
        const emptied = await pushBlob(store, 'emptied', blobOf('emptied'));
        const orphan = await pushBlob(store, 'app', blobOf('orphan'));
        await store.deleteManifest('app', deleted.manifest.digest);
        await store.deleteBlob('app', deleted.blob.digest);
        await store.deleteTag('app', 'b');
        await store.cancelUpload('app', cancelled);
        await store.deleteBlob('emptied', emptied.digest);
        for await (const _ of store.collectGarbage({ graceMs: 0 }));

        const again = await reopen();
        expect(await again.listRepositories(EVERYTHING)).toEqual(['app']);
        expect(await again.listTags('app', EVERYTHING)).toEqual(['c', 'moves']);
        expect(await digestsOfTag(again, 'app', 'moves')).toEqual([moved.manifest.digest]);
        expect(await again.readManifest('app', kept.manifest.digest)).toBeDefined();
        expect(await again.readManifest('app', deleted.manifest.digest)).toBeUndefined();
        for (const { digest } of [deleted.blob, orphan]) expect(await again.statBlob('app', digest)).toBeUndefined();
        expect(await again.statUpload('app', cancelled)).toBeUndefined();
      }),
    );

    it(
      'takes pushes as before, and knows a media type that changed',
      using(async ({ store, reopen }) => {
        const { blob } = await pushImage(store, 'app', 'config', { tags: ['latest'] });
        const note = noteOf('renamed');
        await store.writeManifest('app', note);
        await store.writeManifest('app', { ...note, mediaType: 'application/vnd.example.renamed+json' });
        const again = await reopen();
        expect(await again.readManifest('app', note.digest)).toMatchObject({
          mediaType: 'application/vnd.example.renamed+json',
        });
        const next = imageOf([blob, blob]);
        await again.writeManifest('app', next, { tags: ['latest'] });
        expect(await digestsOfTag(again, 'app', 'latest')).toEqual([next.digest]);
      }),
    );
  });
}
