import { describe, expect, it } from 'vitest';
import {
  blobOf,
  chunksOf,
  digestsOfTag,
  EVERYTHING,
  imageOf,
  noteOf,
  pushBlob,
  readBlob,
  referrersOf,
  sorted,
  startUpload,
} from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

const CLIENTS = 64;

/** Starts them all before any of them has ended. */
async function together<T>(task: (client: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CLIENTS }, (_, client) => task(client)));
}

export function describeConcurrency(open: OpenStore): void {
  const using = withStore(open);

  describe(`${CLIENTS} clients at once`, () => {
    it(
      'push the same and different blobs, tags and referrers: nothing is lost, nothing is there twice',
      using(async ({ store }) => {
        const subject = noteOf('subject');
        const shared = blobOf('the same base for everyone');
        const pushed = await together(async (client) => {
          const own = await pushBlob(store, 'app', blobOf(`of client ${client}`));
          await pushBlob(store, 'app', shared);
          const manifest = imageOf([own, shared], { subject });
          await store.writeManifest('app', manifest, { tags: [`client-${client}`, 'latest'] });
          await store.writeManifest('app', subject, { tags: ['subject'] });
          return { own, manifest };
        });
        const tags = ['latest', 'subject', ...pushed.map((_, client) => `client-${client}`)];
        expect(await store.listTags('app', EVERYTHING)).toEqual(sorted(tags));
        for (const [client, { own, manifest }] of pushed.entries()) {
          expect(await digestsOfTag(store, 'app', `client-${client}`)).toEqual([manifest.digest]);
          expect(await readBlob(store, 'app', own)).toBe(own.digest);
        }
        expect(await readBlob(store, 'app', shared)).toBe(shared.digest);
        const manifests = pushed.map(({ manifest }) => manifest);
        const digests = manifests.map(({ digest }) => digest);
        expect(await referrersOf(store, 'app', subject)).toEqual(sorted(digests));
        expect(digests).toEqual(expect.arrayContaining([...(await digestsOfTag(store, 'app', 'latest'))]));
        const sizes = [
          shared.size,
          subject.bytes.byteLength,
          ...pushed.flatMap(({ own, manifest }) => [own.size, manifest.bytes.byteLength]),
        ];
        expect(await store.measureRepository('app')).toBe(sizes.reduce((sum, size) => sum + size));
      }),
    );

    it(
      'push to as many repositories, nested in one another, and mount from one',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'base', blobOf('mounted by all'));
        const names = await together(async (client) => {
          const name = `team-${client % 8}/app${'/x'.repeat(client >> 3)}`;
          expect(await store.mountBlob(name, blob.digest, 'base')).toMatchObject({ size: blob.size });
          await store.writeManifest(name, imageOf([blob]), { tags: ['latest'] });
          return name;
        });
        expect(await store.listRepositories(EVERYTHING)).toEqual(sorted(['base', ...names]));
        for (const name of names) expect(await digestsOfTag(store, name, 'latest')).toEqual([imageOf([blob]).digest]);
      }),
    );

    it(
      'write to one session: what was acknowledged is there, and the others were told that it is busy',
      using(async ({ store }) => {
        const { session } = await store.createUpload('app');
        const results = await together((client) =>
          store.appendUpload('app', session, chunksOf(blobOf(`${client};`).bytes)).then(
            () => `${client};`.length,
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'UPLOAD_BUSY' });
              return 0;
            },
          ),
        );
        const size = results.reduce((sum, bytes) => sum + bytes);
        expect(size).toBeGreaterThan(0);
        expect(await store.statUpload('app', session)).toEqual({ session, size });
      }),
    );

    it(
      'end the same upload: one of them does',
      using(async ({ store }) => {
        const blob = blobOf('sealed once');
        const session = await startUpload(store, 'app', blob.bytes);
        const ends = await together((client) =>
          (client % 2 === 0
            ? store.finishUpload('app', session, blob.digest).then(() => true)
            : store.cancelUpload('app', session)
          ).catch((error: unknown) => {
            expect(error).toMatchObject({ code: expect.stringMatching(/^UPLOAD_(BUSY|UNKNOWN)$/) });
            return false;
          }),
        );
        expect(ends.filter((ended) => ended)).toHaveLength(1);
        expect(await store.statUpload('app', session)).toBeUndefined();
      }),
    );

    it(
      'delete the same things: one of them is told that it was there',
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'app', blobOf('deleted once'));
        const manifest = imageOf([blob]);
        await store.writeManifest('app', manifest, { tags: ['latest', 'v1'] });
        for (const remove of [
          () => store.deleteTag('app', 'v1'),
          () => store.deleteManifest('app', manifest.digest),
          () => store.deleteBlob('app', blob.digest),
        ]) {
          expect((await together(remove)).filter((removed) => removed)).toHaveLength(1);
        }
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
      }),
    );

    it(
      'push and delete in a repository that empties again and again: what was pushed last is there',
      using(async ({ store }) => {
        await together(async (client) => {
          const manifest = noteOf(`of client ${client}`);
          for (let round = 0; round < 3; round++) {
            await store.writeManifest('app', manifest, { tags: [`client-${client}`] });
            expect(await digestsOfTag(store, 'app', `client-${client}`)).toEqual([manifest.digest]);
            expect(await store.deleteManifest('app', manifest.digest)).toBe(true);
          }
          if (client === 0) await store.writeManifest('app', manifest, { tags: ['survivor'] });
        });
        expect(await store.listRepositories(EVERYTHING)).toEqual(['app']);
        expect(await store.listTags('app', EVERYTHING)).toEqual(['survivor']);
      }),
    );
  });
}
