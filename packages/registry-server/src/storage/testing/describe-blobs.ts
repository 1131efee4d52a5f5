import { readAll } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { blobOf, EVERYTHING, imageOf, pushBlob, pushImage, readBlob } from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

export function describeBlobs(open: OpenStore): void {
  const using = withStore(open);

  describe('openBlob', () => {
    it(
      'gives any part of a blob, as often as it is asked',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'app', blobOf(2_500_001));
        for (const [start, end] of [
          [0, 1],
          [0, blob.size],
          [1_048_575, 1_048_577],
          [999_999, 2_222_222],
          [blob.size - 1, blob.size],
          [7, 7],
        ] as const) {
          const part = await readAll(store.openBlob('app', blob.digest, { range: { start, end } }), {
            maxBytes: blob.size,
          });
          expect(Buffer.compare(part, blob.bytes.subarray(start, end))).toBe(0);
        }
      }),
    );

    it(
      'fails with BLOB_UNKNOWN for a blob that the repository does not hold',
      using(async ({ store }) => {
        const { digest } = await pushBlob(store, 'app', blobOf('secret'));
        for (const [repository, asked] of [
          ['app', blobOf('unknown').digest],
          ['other', digest],
          ['nowhere', digest],
        ] as const) {
          await expect(readAll(store.openBlob(repository, asked), { maxBytes: 100 })).rejects.toMatchObject({
            code: 'BLOB_UNKNOWN',
          });
        }
      }),
    );

    it(
      'reads to the end of a blob that is deleted meanwhile',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'app', blobOf(4_000_000));
        const chunks: Uint8Array[] = [];
        for await (const chunk of store.openBlob('app', blob.digest)) {
          if (chunks.length === 0) expect(await store.deleteBlob('app', blob.digest)).toBe(true);
          chunks.push(chunk);
        }
        expect(Buffer.compare(Buffer.concat(chunks), blob.bytes)).toBe(0);
      }),
    );
  });

  describe('statBlob', () => {
    it(
      'knows a blob only in the repositories that hold it',
      using(async ({ store }) => {
        const { digest } = await pushBlob(store, 'app', blobOf('secret'));
        await pushBlob(store, 'other', blobOf('something else'));
        expect(await store.statBlob('app', digest)).toMatchObject({ size: 6 });
        for (const repository of ['other', 'ap', 'app/nested', 'nowhere']) {
          expect(await store.statBlob(repository, digest)).toBeUndefined();
        }
      }),
    );
  });

  describe('mountBlob', () => {
    it(
      'makes a blob of one repository one of another, which keeps it when the first lets go',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'from', blobOf('shared'));
        expect(await store.mountBlob('to', blob.digest, 'from')).toEqual({ digest: blob.digest, size: blob.size });
        expect(await store.listRepositories(EVERYTHING)).toEqual(['from', 'to']);
        await store.deleteBlob('from', blob.digest);
        expect(await readBlob(store, 'to', blob)).toBe(blob.digest);
        expect(await store.statBlob('from', blob.digest)).toBeUndefined();
      }),
    );

    it(
      'answers undefined where that repository does not hold the blob, though a third one does',
      using(async ({ store }) => {
        const { digest } = await pushBlob(store, 'third', blobOf('secret'));
        await pushBlob(store, 'from', blobOf('something else'));
        expect(await store.mountBlob('to', digest, 'from')).toBeUndefined();
        expect(await store.mountBlob('to', digest, 'nowhere')).toBeUndefined();
        expect(await store.statBlob('to', digest)).toBeUndefined();
        expect(await store.listRepositories(EVERYTHING)).toEqual(['from', 'third']);
      }),
    );

    it(
      'mounts what is there already, from another repository and from the same one',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'from', blobOf('shared'));
        for (const from of ['from', 'from', 'to']) {
          expect(await store.mountBlob('to', blob.digest, from)).toEqual({ digest: blob.digest, size: blob.size });
        }
        expect(await store.measureRepository('to')).toBe(blob.size);
        expect(await readBlob(store, 'to', blob)).toBe(blob.digest);
      }),
    );
  });

  describe('findBlob', () => {
    it(
      'names a repository that holds the blob and that the caller may read',
      using(async ({ store }) => {
        const { digest } = await pushBlob(store, 'public', blobOf('shared'));
        await store.mountBlob('private', digest, 'public');
        await pushBlob(store, 'allowed', blobOf('something else'));
        expect(await store.findBlob(digest, (repository) => repository === 'private')).toBe('private');
        expect(await store.findBlob(digest, (repository) => repository === 'public')).toBe('public');
        expect(await store.findBlob(digest, (repository) => repository === 'allowed')).toBeUndefined();
        expect(await store.findBlob(blobOf('unknown').digest, () => true)).toBeUndefined();
        await store.deleteBlob('public', digest);
        expect(await store.findBlob(digest, () => true)).toBe('private');
        await store.deleteBlob('private', digest);
        expect(await store.findBlob(digest, () => true)).toBeUndefined();
      }),
    );
  });

  describe('deleteBlob', () => {
    it(
      'removes a blob from one repository and says whether it was there',
      using(async ({ store }) => {
        const { digest } = await pushBlob(store, 'app', blobOf('gone'));
        await store.mountBlob('other', digest, 'app');
        expect(await store.deleteBlob('app', digest)).toBe(true);
        expect(await store.deleteBlob('app', digest)).toBe(false);
        expect(await store.deleteBlob('nowhere', digest)).toBe(false);
        expect(await store.statBlob('app', digest)).toBeUndefined();
        expect(await store.statBlob('other', digest)).toMatchObject({ size: 4 });
      }),
    );

    it(
      'leaves the manifests that name the blob, and new ones find it missing',
      using(async ({ store }) => {
        const { blob, manifest } = await pushImage(store, 'app', 'config', { tags: ['latest'] });
        expect(await store.deleteBlob('app', blob.digest)).toBe(true);
        expect(await store.readManifest('app', manifest.digest)).toMatchObject({ digest: manifest.digest });
        await expect(store.writeManifest('app', imageOf([blob, blob]))).rejects.toMatchObject({
          code: 'REFERENCE_UNKNOWN',
          missing: [blob.digest],
        });
      }),
    );

    it(
      'lets the blob be pushed again',
      using(async ({ store }) => {
        const blob = blobOf('back again');
        for (let round = 0; round < 2; round++) {
          await pushBlob(store, 'app', blob);
          expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
          await store.deleteBlob('app', blob.digest);
        }
      }),
    );
  });

  describe('measureRepository', () => {
    it(
      'counts each blob and each manifest once, those that are shared included',
      using(async ({ store }) => {
        expect(await store.measureRepository('app')).toBe(0);
        const { blob, manifest } = await pushImage(store, 'app', 'config', { tags: ['a', 'b'] });
        await store.writeManifest('app', manifest, { tags: ['c'] });
        const size = blob.size + manifest.bytes.byteLength;
        expect(await store.measureRepository('app')).toBe(size);
        await store.mountBlob('other', blob.digest, 'app');
        expect(await store.measureRepository('other')).toBe(blob.size);
        await store.deleteManifest('app', manifest.digest);
        expect(await store.measureRepository('app')).toBe(blob.size);
        await store.deleteBlob('app', blob.digest);
        expect(await store.measureRepository('app')).toBe(0);
      }),
    );
  });
}
