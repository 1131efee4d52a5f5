/** What the journal tells of changes that are in `index.json` already, once another tool has changed that since. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Descriptor, type Digest, digestHex } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { descriptorOf, digestsOfTag, EVERYTHING, imageOf, noteOf, pushImage } from '../testing/sample-content.js';
import { type DirectoryStore, openDirectoryStore } from './directory-store.js';
import { Journal } from './journal.js';
import { formatLayoutIndex, parseLayoutIndex, tagOf, withTag } from './layout-index.js';
import { findingsIn, openKilledCopy } from './testing/store-on-disk.js';

let root: string;
let store: DirectoryStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-written-'));
  store = await openDirectoryStore(root, { recheckMs: 0 });
  // As it is while another repository is pushed to all the time.
  vi.spyOn(Journal.prototype, 'trim').mockResolvedValue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(root, { recursive: true, force: true });
});

/** Writes the index of `app` anew, as another tool does. */
async function rewriteIndex(change: (entries: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
  const path = join(root, 'app', 'index.json');
  const { header, manifests } = parseLayoutIndex(await readFile(path));
  await writeFile(path, formatLayoutIndex({ header, manifests: change(manifests) }));
}

describe('a change that is in index.json', () => {
  it('is not done again over a tag that another tool has moved since', async () => {
    const { manifest } = await pushImage(store, 'app', 'ours', { tags: ['latest'] });
    const theirs = imageOf([{ digest: manifest.digest, size: 1 }], { annotations: { by: 'another tool' } });
    await store.flush();
    await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(theirs.digest)), theirs.bytes);
    await rewriteIndex((entries) => [
      ...entries.filter((entry) => tagOf(entry) !== 'latest'),
      withTag(descriptorOf(theirs), 'latest'),
    ]);
    await openKilledCopy(root, async (again) => {
      expect(await digestsOfTag(again, 'app', 'latest')).toEqual([theirs.digest]);
    });
  });

  it('is not done again over an entry that another tool has removed since', async () => {
    await pushImage(store, 'app', 'kept', { tags: ['kept'] });
    const { manifest } = await pushImage(store, 'app', 'removed', { tags: ['removed'] });
    await store.flush();
    await rewriteIndex((entries) => entries.filter((entry) => tagOf(entry) !== 'removed'));
    await openKilledCopy(root, async (again) => {
      expect(await again.listTags('app', EVERYTHING)).toEqual(['kept']);
      expect(await again.readManifest('app', manifest.digest)).toBeUndefined();
    });
  });

  it('is not done again over a manifest that was deleted, and that another tool has brought since', async () => {
    await pushImage(store, 'app', 'kept', { tags: ['kept'] });
    const { manifest } = await pushImage(store, 'app', 'ours', { tags: ['deleted'] });
    await store.deleteManifest('app', manifest.digest);
    await store.flush();
    await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(manifest.digest)), manifest.bytes);
    await rewriteIndex((entries) => [...entries, withTag(descriptorOf(manifest), 'back')]);
    await openKilledCopy(root, async (again) => {
      expect(await digestsOfTag(again, 'app', 'back')).toEqual([manifest.digest]);
    });
  });
});

describe('a store that is killed after any step, of its own or of another tool', () => {
  const tag = fc.constantFrom('a', 'b');
  const note = fc.constantFrom(...['1', '2', '3'].map((text) => noteOf(text)));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), tag, note }),
    fc.record({ kind: fc.constant('delete tag' as const), tag }),
    fc.record({ kind: fc.constant('delete manifest' as const), note }),
    fc.record({ kind: fc.constant('their tag' as const), tag, note }),
    fc.record({ kind: fc.constant('their removal' as const), tag }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  /** Another tool works on what it reads, so that has to be written. */
  async function take(each: Step, tags: Map<string, Digest>): Promise<void> {
    switch (each.kind) {
      case 'push':
        await store.writeManifest('app', each.note, { tags: [each.tag] });
        tags.set(each.tag, each.note.digest);
        break;
      case 'delete tag':
        await store.deleteTag('app', each.tag);
        tags.delete(each.tag);
        break;
      case 'delete manifest':
        await store.deleteManifest('app', each.note.digest);
        for (const [name, digest] of tags) if (digest === each.note.digest) tags.delete(name);
        break;
      case 'their tag':
        await store.flush();
        await writeFile(join(root, 'app', 'blobs', 'sha256', digestHex(each.note.digest)), each.note.bytes);
        await rewriteIndex((entries) => [
          ...entries.filter((entry) => tagOf(entry) !== each.tag),
          withTag(descriptorOf(each.note), each.tag),
        ]);
        tags.set(each.tag, each.note.digest);
        break;
      case 'their removal':
        await store.flush();
        await rewriteIndex((entries) => entries.filter((entry) => tagOf(entry) !== each.tag));
        tags.delete(each.tag);
    }
  }

  it('has what was done last', async () => {
    await pushImage(store, 'app', 'base', { tags: ['base'] });
    const tags = new Map(await tagsOf(store));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 10, size: 'max' }), async (steps) => {
        for (const each of steps) {
          await take(each, tags);
          await openKilledCopy(root, async (again, directory) => {
            expect(await tagsOf(again)).toEqual([...tags].sort());
            expect(await findingsIn(directory)).toEqual([]);
          });
          // What changes twice between two looks is not told apart from one change.
          await store.listTags('app', EVERYTHING);
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  async function tagsOf(from: DirectoryStore): Promise<readonly (readonly [string, Digest])[]> {
    const found: [string, Digest][] = [];
    for (const name of (await from.listTags('app', EVERYTHING)) ?? []) {
      for (const digest of await digestsOfTag(from, 'app', name)) found.push([name, digest]);
    }
    return found;
  }
});
