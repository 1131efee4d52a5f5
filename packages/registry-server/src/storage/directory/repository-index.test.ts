import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import { type Descriptor, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectorySync } from './directory-sync.js';
import { DurableFiles } from './durable-file.js';
import type { JournalOperation } from './journal-record.js';
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, withTag } from './layout-index.js';
import { RepositoryIndex } from './repository-index.js';

let directory: string;
let path: string;
let lost: JournalOperation[];
let index: RepositoryIndex;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quinistry-index-'));
  path = join(directory, 'index.json');
  await writeFile(path, formatLayoutIndex(EMPTY_LAYOUT_INDEX));
  lost = [];
  index = new RepositoryIndex({
    path,
    directory,
    files: new DurableFiles(directory),
    directories: new DirectorySync(),
    recheckMs: 0,
    hasFile: () => true,
    onLost: (operations) => lost.push(...operations),
  });
  await index.view();
});

afterEach(() => rm(directory, { recursive: true }));

function entryOf(tag: string): Descriptor {
  return withTag({ mediaType: MEDIA_TYPES.oci.manifest, digest: digestOf(Buffer.from(tag)), size: 1 }, tag);
}

function put(tag: string): JournalOperation {
  const { mediaType, digest, size } = entryOf(tag);
  return { op: 'put', repository: 'app', digest, mediaType, size, tags: [tag] };
}

describe('RepositoryIndex', () => {
  it('finds what another tool has overwritten once, however many look at the same time', async () => {
    for (const tag of ['a', 'b']) {
      index.apply(put(tag));
      await index.write();
    }
    index.apply(put('c'));
    await writeFile(path, formatLayoutIndex({ ...EMPTY_LAYOUT_INDEX, manifests: [entryOf('a'), entryOf('theirs')] }));
    await Promise.all([index.view(), index.write()]);
    expect((await index.view()).tags).toEqual(['a', 'b', 'c', 'theirs']);
    expect(lost).toEqual([put('b')]);
  });
});
