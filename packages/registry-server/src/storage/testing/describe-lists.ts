import { describe, expect, it } from 'vitest';
import { blobOf, EVERYTHING, noteOf, pushBlob, pushImage } from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

const MANY_TAGS = 1_000;

export function describeLists(open: OpenStore): void {
  const using = withStore(open);

  describe('listTags', () => {
    it(
      'gives pages in the order of bytes, from after `last`, which need not exist',
      using(async ({ store }) => {
        await store.writeManifest('app', noteOf('any'), { tags: ['b', '_', 'Z', '10', 'a', '9', 'a.b', 'a-b', 'A'] });
        const all = ['10', '9', 'A', 'Z', '_', 'a', 'a-b', 'a.b', 'b'];
        expect(await store.listTags('app', EVERYTHING)).toEqual(all);
        expect(await store.listTags('app', { limit: 2 })).toEqual(['10', '9']);
        expect(await store.listTags('app', { limit: 2, last: '9' })).toEqual(['A', 'Z']);
        expect(await store.listTags('app', { limit: 2, last: 'B' })).toEqual(['Z', '_']);
        expect(await store.listTags('app', { limit: 9, last: 'b' })).toEqual([]);
        expect(await store.listTags('app', { limit: 9, last: 'zzz' })).toEqual([]);
        expect(await store.listTags('app', { limit: 0 })).toEqual([]);
      }),
    );

    it(
      `gives each of ${MANY_TAGS} tags once, page by page`,
      using(async ({ store }) => {
        const tags = Array.from({ length: MANY_TAGS }, (_, index) => `v${index}`);
        // Backwards, and a hundred at a time, so that the order is the store's own.
        for (let end = MANY_TAGS; end > 0; end -= 100) {
          await store.writeManifest('app', noteOf(`up to ${end}`), { tags: tags.slice(end - 100, end).reverse() });
        }
        const seen: string[] = [];
        for (let page = 0; page * 99 <= MANY_TAGS; page++) {
          const names = await store.listTags('app', { limit: 99, last: seen.at(-1) });
          expect(names).toHaveLength(Math.min(99, MANY_TAGS - seen.length));
          seen.push(...(names ?? []));
        }
        expect(seen).toEqual(tags.sort());
      }),
    );

    it(
      'tells a repository without tags, of which it gives none, from one that is not there',
      using(async ({ store }) => {
        await pushBlob(store, 'blobs', blobOf('a blob'));
        await store.writeManifest('manifests', noteOf('untagged'));
        expect(await store.listTags('blobs', EVERYTHING)).toEqual([]);
        expect(await store.listTags('manifests', EVERYTHING)).toEqual([]);
        expect(await store.listTags('nowhere', EVERYTHING)).toBeUndefined();
      }),
    );
  });

  describe('listRepositories', () => {
    it(
      'gives pages in the order of bytes, where a slash is a byte like any other',
      using(async ({ store }) => {
        const all = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a_b', 'ab', 'b'];
        for (const repository of all.toReversed()) await store.writeManifest(repository, noteOf('any'));
        expect(await store.listRepositories(EVERYTHING)).toEqual(all);
        expect(await store.listRepositories({ limit: 3, last: 'a-b' })).toEqual(['a.b', 'a/b', 'a/b/c']);
        expect(await store.listRepositories({ limit: 3, last: 'a/c' })).toEqual(['a_b', 'ab', 'b']);
        expect(await store.listRepositories({ limit: 3, last: 'b' })).toEqual([]);
        expect(await store.listRepositories({ limit: 0 })).toEqual([]);
      }),
    );

    it(
      'names a repository from the first thing that it holds to the last',
      using(async ({ store }) => {
        const { blob, manifest } = await pushImage(store, 'team/app', 'config', { tags: ['latest'] });
        await store.deleteTag('team/app', 'latest');
        await store.deleteManifest('team/app', manifest.digest);
        expect(await store.listRepositories(EVERYTHING)).toEqual(['team/app']);
        await store.deleteBlob('team/app', blob.digest);
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
        expect(await store.listTags('team/app', EVERYTHING)).toBeUndefined();
        await pushImage(store, 'team/app', 'config', { tags: ['again'] });
        expect(await store.listRepositories(EVERYTHING)).toEqual(['team/app']);
        expect(await store.listTags('team/app', EVERYTHING)).toEqual(['again']);
      }),
    );

    it(
      'keeps repositories apart whose names begin alike',
      using(async ({ store }) => {
        const outer = await pushImage(store, 'a', 'outer', { tags: ['latest'] });
        await pushImage(store, 'a/b', 'inner', { tags: ['latest'] });
        await store.deleteManifest('a', outer.manifest.digest);
        await store.deleteBlob('a', outer.blob.digest);
        expect(await store.listRepositories(EVERYTHING)).toEqual(['a/b']);
        expect(await store.listTags('a/b', EVERYTHING)).toEqual(['latest']);
      }),
    );
  });
}
