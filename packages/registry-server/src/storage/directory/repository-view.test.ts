import { digestOf } from '@quinistry/oci-image';
import { type Descriptor, type Digest, isTag, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalOperation } from './journal-record.js';
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, parseLayoutIndex, withTag } from './layout-index.js';
import { RepositoryView } from './repository-view.js';

const [A, B] = ['a', 'b'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest];
const mediaType = MEDIA_TYPES.oci.manifest;

function put(digest: Digest, ...tags: string[]): JournalOperation {
  return { op: 'put', repository: 'app', digest, mediaType, size: 1, tags };
}

function entry(digest: Digest, annotations?: Record<string, string>): Descriptor {
  return { mediaType, digest, size: 1, ...(annotations && { annotations }) };
}

function reload(view: RepositoryView): RepositoryView {
  return new RepositoryView(parseLayoutIndex(formatLayoutIndex({ header: view.header, manifests: view.entries() })));
}

describe('RepositoryView', () => {
  it('lists a manifest without tags, and once for each tag that it has', () => {
    const view = new RepositoryView(EMPTY_LAYOUT_INDEX);
    view.apply(put(A));
    expect(view.entries()).toEqual([entry(A)]);
    view.apply(put(A, 'v1', 'v2'));
    expect(view.entries()).toEqual([withTag(entry(A), 'v1'), withTag(entry(A), 'v2')]);
  });

  it('keeps a manifest that a tag has left', () => {
    const view = new RepositoryView(EMPTY_LAYOUT_INDEX);
    view.apply(put(A, 'latest'));
    view.apply(put(B, 'latest'));
    expect(view.tagged('latest')).toBe(B);
    expect(view.entries()).toContainEqual(entry(A));
  });

  it('removes all tags of a manifest with it', () => {
    const view = new RepositoryView(EMPTY_LAYOUT_INDEX);
    view.apply(put(A, 'v1', 'v2'));
    view.apply(put(B, 'v3'));
    view.apply({ op: 'delete', repository: 'app', digest: A });
    expect(view.tags).toEqual(['v3']);
    expect(view.manifests.has(A)).toBe(false);
  });

  it('keeps entries of other tools as they are: platforms, annotations, names that are no tags, names given twice', () => {
    const manifests = [
      withTag({ ...entry(A), platform: { os: 'linux', architecture: 's390x' }, custom: true }, 'v1'),
      withTag(entry(A), 'docker.io/library/app:v1'),
      entry(B, { 'io.containerd.image.name': 'app' }),
      entry(B),
      withTag(entry(B), 'v1'),
    ];
    const view = new RepositoryView({ header: { schemaVersion: 2, annotations: { x: 'y' } }, manifests });
    expect(view.tagged('v1')).toBe(A);
    expect(view.entries()).toHaveLength(manifests.length);
    expect(view.entries()).toEqual(expect.arrayContaining(manifests));
    expect(new Set(view.named())).toEqual(new Set([A, B]));
  });

  it('says after any changes, applied twice or written and read in between, what a plain map of tags says', () => {
    const tag = fc.constantFrom('v1', 'v2', 'latest');
    const digest = fc.constantFrom(A, B);
    const operation = fc.oneof(
      fc.tuple(digest, fc.uniqueArray(tag, { maxLength: 2 })).map(([each, tags]) => put(each, ...tags)),
      tag.map((each): JournalOperation => ({ op: 'untag', repository: 'app', tag: each })),
      digest.map((each): JournalOperation => ({ op: 'delete', repository: 'app', digest: each })),
    );
    fc.assert(
      fc.property(fc.array(operation), fc.nat(), (operations, cut) => {
        let view = new RepositoryView(EMPTY_LAYOUT_INDEX);
        const tags = new Map<string, Digest>();
        const held = new Set<Digest>();
        operations.forEach((each, index) => {
          view.apply(each);
          if (each.op === 'put') {
            held.add(each.digest);
            for (const name of each.tags) tags.set(name, each.digest);
          } else if (each.op === 'untag') tags.delete(each.tag);
          else {
            held.delete(each.digest);
            for (const [name, named] of tags) if (named === each.digest) tags.delete(name);
          }
          if (index === cut % Math.max(1, operations.length)) view = reload(view);
        });
        for (const each of operations) view.apply(each); // as a journal is done again over an index that has it all
        expect(new Map(view.tags.map((name) => [name, view.tagged(name)]))).toEqual(tags);
        expect(new Set(view.manifests.keys())).toEqual(held);
        expect(view.tags.every(isTag)).toBe(true);
      }),
    );
  });
});
