import { digestOf } from '@quinistry/oci-image';
import { type Digest, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import type { JournalOperation } from './journal-record.js';
import { EMPTY_LAYOUT_INDEX } from './layout-index.js';
import { RecentOperations } from './recent-operations.js';
import { RepositoryView } from './repository-view.js';

const [A, B, C] = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest, Digest];

function put(digest: Digest, ...tags: string[]): JournalOperation {
  return { op: 'put', repository: 'app', digest, mediaType: MEDIA_TYPES.oci.manifest, size: 1, tags };
}

function viewOf(...operations: JournalOperation[]): RepositoryView {
  const view = new RepositoryView(EMPTY_LAYOUT_INDEX);
  for (const operation of operations) view.apply(operation);
  return view;
}

/** What is put back over `after`, where `operations` were done before. */
function lost(operations: JournalOperation[], after: RepositoryView, files: Digest[] = [A, B, C]) {
  const recent = new RecentOperations();
  const before = viewOf();
  for (const operation of operations) {
    recent.add(operation, before);
    before.apply(operation);
  }
  return recent.lost(before, after, { hasFile: (digest) => files.includes(digest), pending: [] });
}

describe('RecentOperations', () => {
  const deletion: JournalOperation = { op: 'delete', repository: 'app', digest: A };

  it('puts back what was pushed after another tool had read the index', () => {
    expect(lost([put(A, 'v1'), put(B, 'v2')], viewOf(put(A, 'v1'), put(C, 'theirs')))).toEqual([put(B, 'v2')]);
  });

  it('puts back a tag that had moved', () => {
    expect(lost([put(A, 'latest'), put(B, 'latest')], viewOf(put(A, 'latest'), put(C, 'theirs')))).toEqual([
      put(B, 'latest'),
    ]);
  });

  it('believes a tool that moves a tag itself', () => {
    expect(lost([put(A, 'latest')], viewOf(put(A), put(C, 'latest')))).toEqual([]);
  });

  it('believes a tool that removes, which it shows by having what was pushed later', () => {
    expect(lost([put(A, 'v1'), put(B, 'v2')], viewOf(put(B, 'v2')))).toEqual([]);
    expect(lost([put(A, 'v1'), put(B, 'v2')], viewOf(put(B, 'v2'), put(C, 'theirs')))).toEqual([]);
  });

  it('deletes again what a tool lists that had read it before, unless the tool has brought its bytes', () => {
    const rewritten = () => viewOf(put(A, 'v1'), put(C, 'theirs'));
    expect(lost([put(A, 'v1'), deletion], rewritten(), [C])).toEqual([deletion]);
    expect(lost([put(A, 'v1'), deletion], rewritten())).toEqual([]);
  });

  it('puts nothing back whose bytes are gone', () => {
    expect(lost([put(B, 'v2')], viewOf(put(C, 'theirs')), [C])).toEqual([]);
  });
});
