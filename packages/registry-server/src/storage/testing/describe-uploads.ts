import { describe, expect, it } from 'vitest';
import type { RegistryStore } from '../registry-store.js';
import { blobOf, chunksOf, EVERYTHING, pushBlob, readBlob, startUpload } from './sample-content.js';
import { heldSource } from './stalling-source.js';
import { type OpenStore, withStore } from './store-under-test.js';

/** Several pieces of any store's buffers, and not a multiple of them. */
const LARGE_BYTES = 2_500_001;

export function describeUploads(open: OpenStore): void {
  const using = withStore(open);

  describe('createUpload', () => {
    it(
      'starts sessions that have no bytes and whose names fit into a path and are not alike',
      using(async ({ store }) => {
        const uploads = await Promise.all([store.createUpload('app'), store.createUpload('app')]);
        const [first, second] = uploads.map(({ session }) => session);
        for (const { session, size } of uploads) {
          expect(size).toBe(0);
          // 128 bits in the tersest alphabet that a path takes as it is.
          expect(session).toMatch(/^[A-Za-z0-9_-]{21,}$/);
        }
        expect(first).not.toBe(second);
      }),
    );

    it(
      'makes no repository appear',
      using(async ({ store }) => {
        await startUpload(store, 'app', blobOf('bytes').bytes);
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
        expect(await store.listTags('app', EVERYTHING)).toBeUndefined();
        expect(await store.measureRepository('app')).toBe(0);
      }),
    );
  });

  describe('listUploads', () => {
    const sizesOf = async (store: RegistryStore, repository: string) =>
      Object.fromEntries((await store.listUploads(repository)).map(({ session, size }) => [session, size]));

    it(
      'names the sessions of one repository with the bytes that they have, and none that has ended',
      using(async ({ store, graceMs, outlastGrace }) => {
        const start = (text: string) => startUpload(store, 'team/app', blobOf(text).bytes);
        expect(await store.listUploads('team/app')).toEqual([]);
        const abandoned = await start('abandoned');
        await outlastGrace();
        const { session: empty } = await store.createUpload('team/app');
        const filled = await startUpload(store, 'team/app', blobOf(LARGE_BYTES).bytes);
        const sealed = await start('sealed');
        const mistaken = await start('mistaken');
        const cancelled = await start('cancelled');
        const above = await startUpload(store, 'team', blobOf('above').bytes);
        const below = await startUpload(store, 'team/app/tool', blobOf('below').bytes);
        const open = { [abandoned]: 9, [empty]: 0, [filled]: LARGE_BYTES };
        expect(await sizesOf(store, 'team/app')).toEqual({ ...open, [sealed]: 6, [mistaken]: 8, [cancelled]: 9 });
        await store.finishUpload('team/app', sealed, blobOf('sealed').digest);
        await store.finishUpload('team/app', mistaken, blobOf('other').digest).catch(() => {});
        await store.cancelUpload('team/app', cancelled);
        expect(await sizesOf(store, 'team/app')).toEqual(open);
        for await (const _ of store.collectGarbage({ graceMs }));
        expect(await sizesOf(store, 'team/app')).toEqual({ [empty]: 0, [filled]: LARGE_BYTES });
        expect(await sizesOf(store, 'team')).toEqual({ [above]: 5 });
        expect(await sizesOf(store, 'team/app/tool')).toEqual({ [below]: 5 });
        expect(await store.listUploads('team/other')).toEqual([]);
      }),
    );

    it(
      'changes nothing: bytes that come in meanwhile go on',
      using(async ({ store }) => {
        const blob = blobOf('first, second');
        const { session } = await store.createUpload('app');
        const held = heldSource(blob.bytes.subarray(0, 5), blob.bytes.subarray(5));
        const writing = store.appendUpload('app', session, held.source);
        await held.started;
        expect(Object.keys(await sizesOf(store, 'app'))).toEqual([session]);
        held.release();
        expect(await writing).toEqual({ session, size: blob.size });
        expect(await sizesOf(store, 'app')).toEqual({ [session]: blob.size });
        expect(await store.finishUpload('app', session, blob.digest)).toMatchObject({ size: blob.size });
      }),
    );
  });

  describe('appendUpload', () => {
    it.each([1, 4_095, 65_536, 1_048_577, LARGE_BYTES])('takes bytes in chunks of %i', (chunkBytes) =>
      using(async ({ store }) => {
        const blob = blobOf(chunkBytes === 1 ? 5_000 : LARGE_BYTES);
        const { session } = await store.createUpload('app');
        expect(await store.appendUpload('app', session, chunksOf(blob.bytes, chunkBytes))).toEqual({
          session,
          size: blob.size,
        });
        expect(await store.finishUpload('app', session, blob.digest)).toEqual({ digest: blob.digest, size: blob.size });
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      })(),
    );

    it(
      'goes on where the call before it ended, with and without an offset',
      using(async ({ store }) => {
        const blob = blobOf(300_000);
        const { session } = await store.createUpload('app');
        let size = 0;
        for (const offset of [0, undefined, 200_000]) {
          const part = blob.bytes.subarray(size, size + 100_000);
          size += part.byteLength;
          expect(await store.appendUpload('app', session, chunksOf(part, 7_777), { offset })).toEqual({
            session,
            size,
          });
        }
        await store.finishUpload('app', session, blob.digest);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'leaves the buffers of its source alone: they may be used again',
      using(async ({ store }) => {
        const blob = blobOf('onetwo');
        const buffer = new Uint8Array(3);
        async function* reuse() {
          for (const start of [0, 3]) {
            buffer.set(blob.bytes.subarray(start, start + 3));
            yield buffer;
          }
        }
        const { session } = await store.createUpload('app');
        await store.appendUpload('app', session, reuse());
        await store.finishUpload('app', session, blob.digest);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'refuses bytes for another place with OFFSET_MISMATCH and the right one, and the session lives on',
      using(async ({ store }) => {
        const session = await startUpload(store, 'app', blobOf('four').bytes);
        for (const offset of [0, 3, 5]) {
          await expect(
            store.appendUpload('app', session, chunksOf(blobOf('x').bytes), { offset }),
          ).rejects.toMatchObject({ name: 'StorageError', code: 'OFFSET_MISMATCH', size: 4 });
        }
        expect(await store.statUpload('app', session)).toEqual({ session, size: 4 });
      }),
    );

    it(
      'keeps what came before its source failed, and lets the failure through as it is',
      using(async ({ store }) => {
        const blob = blobOf(LARGE_BYTES);
        const failure = new Error('the client hung up');
        async function* cut() {
          yield* chunksOf(blob.bytes.subarray(0, 1_200_000), 100_000);
          throw failure;
        }
        const { session } = await store.createUpload('app');
        await expect(store.appendUpload('app', session, cut())).rejects.toBe(failure);
        expect(await store.statUpload('app', session)).toEqual({ session, size: 1_200_000 });
        await store.appendUpload('app', session, chunksOf(blob.bytes.subarray(1_200_000)), { offset: 1_200_000 });
        await store.finishUpload('app', session, blob.digest);
        expect(await readBlob(store, 'app', blob)).toBe(blob.digest);
      }),
    );

    it(
      'stops at an aborted signal with its reason, and the session goes on from what was kept',
      using(async ({ store }) => {
        const blob = blobOf(3_000);
        const controller = new AbortController();
        const reason = new Error('enough');
        async function* aborted() {
          yield blob.bytes.subarray(0, 1_000);
          controller.abort(reason);
          yield blob.bytes.subarray(1_000);
        }
        const { session } = await store.createUpload('app');
        const { signal } = controller;
        await expect(store.appendUpload('app', session, aborted(), { signal })).rejects.toBe(reason);
        const kept = (await store.statUpload('app', session))?.size ?? Number.NaN;
        expect(kept).toBeLessThanOrEqual(1_000);
        await store.appendUpload('app', session, chunksOf(blob.bytes.subarray(kept)), { offset: kept });
        expect(await store.finishUpload('app', session, blob.digest)).toMatchObject({ size: 3_000 });
      }),
    );

    it(
      'refuses more than maxBytes in all with TOO_LARGE, and the session goes on from what was kept',
      using(async ({ store }) => {
        const blob = blobOf(1_000);
        const { session } = await store.createUpload('app');
        await store.appendUpload('app', session, chunksOf(blob.bytes.subarray(0, 600)), { maxBytes: 600 });
        const source = chunksOf(blob.bytes.subarray(600), 50);
        await expect(store.appendUpload('app', session, source, { maxBytes: 999 })).rejects.toMatchObject({
          code: 'TOO_LARGE',
        });
        const kept = (await store.statUpload('app', session))?.size ?? Number.NaN;
        expect(kept).toBeGreaterThanOrEqual(600);
        expect(kept).toBeLessThanOrEqual(999);
        await store.appendUpload('app', session, chunksOf(blob.bytes.subarray(kept)), { maxBytes: 1_000 });
        expect(await store.finishUpload('app', session, blob.digest)).toMatchObject({ size: 1_000 });
      }),
    );

    it(
      'lets one request write to a session at a time, and refuses others with UPLOAD_BUSY',
      using(async ({ store }) => {
        const blob = blobOf('first, second');
        const { session } = await store.createUpload('app');
        const held = heldSource(blob.bytes.subarray(0, 5), blob.bytes.subarray(5));
        const writing = store.appendUpload('app', session, held.source);
        await held.started;
        const busy = { name: 'StorageError', code: 'UPLOAD_BUSY' };
        await expect(store.appendUpload('app', session, chunksOf(blobOf('x').bytes))).rejects.toMatchObject(busy);
        await expect(store.finishUpload('app', session, blob.digest)).rejects.toMatchObject(busy);
        held.release();
        expect(await writing).toEqual({ session, size: blob.size });
        expect(await store.finishUpload('app', session, blob.digest)).toMatchObject({ size: blob.size });
      }),
    );

    it(
      'blocks nobody else while its source is slow',
      using(async ({ store, graceMs }) => {
        const slow = blobOf('slow, very slow');
        const { session } = await store.createUpload('app');
        const held = heldSource(slow.bytes.subarray(0, 5), slow.bytes.subarray(5));
        const writing = store.appendUpload('app', session, held.source);
        await held.started;
        const other = await pushBlob(store, 'app', blobOf('other'));
        expect(await store.statBlob('app', other.digest)).toMatchObject({ size: 5 });
        expect(await store.mountBlob('mounted', other.digest, 'app')).toMatchObject({ size: 5 });
        for await (const _ of store.collectGarbage({ graceMs }));
        expect(await store.deleteBlob('app', other.digest)).toBe(true);
        expect(await store.listRepositories(EVERYTHING)).toEqual(['mounted']);
        held.release();
        await writing;
        expect(await store.finishUpload('app', session, slow.digest)).toMatchObject({ size: slow.size });
      }),
    );
  });
}
