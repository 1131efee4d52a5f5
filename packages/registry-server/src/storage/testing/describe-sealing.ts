import { describe, expect, it } from 'vitest';
import { blobOf, chunksOf, EMPTY_BLOB, EVERYTHING, pushBlob, readBlob, startUpload } from './sample-content.js';
import { endlessSource } from './stalling-source.js';
import { type OpenStore, withStore } from './store-under-test.js';

const UNKNOWN = { name: 'StorageError', code: 'UPLOAD_UNKNOWN' };

export function describeSealing(open: OpenStore): void {
  const using = withStore(open);

  describe('finishUpload', () => {
    it.each(['sha256', 'sha512'] as const)('seals by %s, which only the end of the upload names', (algorithm) =>
      using(async ({ store }) => {
        for (const content of ['', '{}', 2_500_001]) {
          const blob = blobOf(content, algorithm);
          const session = await startUpload(store, 'app', blob.bytes);
          expect(await store.finishUpload('app', session, blob.digest)).toEqual({
            digest: blob.digest,
            size: blob.size,
          });
          expect(await store.statBlob('app', blob.digest)).toMatchObject({ size: blob.size });
          expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
        }
      })(),
    );

    it(
      'seals a session that never got a byte as the empty blob',
      using(async ({ store }) => {
        const { session } = await store.createUpload('app');
        expect(await store.finishUpload('app', session, EMPTY_BLOB.digest)).toEqual({
          digest: EMPTY_BLOB.digest,
          size: 0,
        });
        expect(await readBlob(store, 'app', EMPTY_BLOB)).toBe(EMPTY_BLOB.digest);
      }),
    );

    it(
      'refuses another digest with DIGEST_MISMATCH, keeps nothing and ends the session',
      using(async ({ store }) => {
        for (const algorithm of ['sha256', 'sha512'] as const) {
          const sent = blobOf('sent', algorithm);
          const announced = blobOf('announced', algorithm);
          const session = await startUpload(store, 'app', sent.bytes);
          await expect(store.finishUpload('app', session, announced.digest)).rejects.toMatchObject({
            name: 'StorageError',
            code: 'DIGEST_MISMATCH',
          });
          await expect(store.finishUpload('app', session, sent.digest)).rejects.toMatchObject(UNKNOWN);
          expect(await store.statUpload('app', session)).toBeUndefined();
          for (const { digest } of [sent, announced]) expect(await store.statBlob('app', digest)).toBeUndefined();
        }
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
      }),
    );

    it(
      'leaves a blob that is there already as it is when a push of it fails',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'app', blobOf('here already'));
        const session = await startUpload(store, 'app', blobOf('torn').bytes);
        await expect(store.finishUpload('app', session, blob.digest)).rejects.toMatchObject({
          code: 'DIGEST_MISMATCH',
        });
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'takes a blob that is there already again',
      using(async ({ store }) => {
        const blob = blobOf('twice');
        for (let round = 0; round < 2; round++) await pushBlob(store, 'app', blob);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
        expect(await store.measureRepository('app')).toBe(blob.size);
      }),
    );

    it(
      'ends the session',
      using(async ({ store }) => {
        const blob = blobOf('once');
        const session = await startUpload(store, 'app', blob.bytes);
        await store.finishUpload('app', session, blob.digest);
        expect(await store.statUpload('app', session)).toBeUndefined();
        expect(await store.cancelUpload('app', session)).toBe(false);
        await expect(store.appendUpload('app', session, chunksOf(blob.bytes))).rejects.toMatchObject(UNKNOWN);
        await expect(store.finishUpload('app', session, blob.digest)).rejects.toMatchObject(UNKNOWN);
      }),
    );
  });

  describe('cancelUpload', () => {
    it(
      'drops the session and says whether there was one',
      using(async ({ store }) => {
        const session = await startUpload(store, 'app', blobOf('dropped').bytes);
        expect(await store.cancelUpload('app', session)).toBe(true);
        expect(await store.statUpload('app', session)).toBeUndefined();
        expect(await store.cancelUpload('app', session)).toBe(false);
      }),
    );

    it(
      'ends a session that is being written to: the writer fails with UPLOAD_UNKNOWN',
      using(async ({ store }) => {
        const { session } = await store.createUpload('app');
        const endless = endlessSource();
        const writing = store.appendUpload('app', session, endless.source);
        const failed = expect(writing).rejects.toMatchObject(UNKNOWN);
        await endless.started;
        expect(await store.cancelUpload('app', session)).toBe(true);
        await failed;
        expect(await store.statUpload('app', session)).toBeUndefined();
      }),
    );
  });

  describe('a session', () => {
    it(
      'is unknown where it was not started: in another repository, or under a name that was guessed',
      using(async ({ store }) => {
        const blob = blobOf('mine');
        const session = await startUpload(store, 'app', blob.bytes);
        const guessed = '00000000-0000-4000-8000-000000000000';
        for (const [repository, name] of [
          ['other', session],
          ['app/nested', session],
          ['app', guessed],
          ['app', '..'],
          ['app', 'a/b'],
        ] as const) {
          expect(await store.statUpload(repository, name)).toBeUndefined();
          expect(await store.cancelUpload(repository, name)).toBe(false);
          await expect(store.appendUpload(repository, name, chunksOf(blob.bytes))).rejects.toMatchObject(UNKNOWN);
          await expect(store.finishUpload(repository, name, blob.digest)).rejects.toMatchObject(UNKNOWN);
        }
        expect(await store.statUpload('app', session)).toEqual({ session, size: blob.size });
      }),
    );
  });
}
