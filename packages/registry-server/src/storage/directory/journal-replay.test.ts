import { digestOf } from '@quinistry/oci-image';
import { type Digest, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import type { JournalOperation } from './journal-record.js';
import { planReplay } from './journal-replay.js';

const [A, B] = ['a', 'b'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest];

function put(digest: Digest, repository = 'app'): JournalOperation {
  return { op: 'put', repository, digest, mediaType: MEDIA_TYPES.oci.manifest, size: 1, tags: ['latest'] };
}

function remove(digest: Digest, repository = 'app'): JournalOperation {
  return { op: 'delete', repository, digest };
}

async function plan(operations: readonly JournalOperation[], ...files: readonly Digest[]) {
  const { needed, unneeded } = await planReplay(operations, async (_, digest) => files.includes(digest));
  return { needed, unneeded: Object.fromEntries(unneeded) };
}

describe('planReplay', () => {
  it('does everything again whose files are there', async () => {
    const operations = [put(A), put(B), remove(A), { op: 'untag', repository: 'app', tag: 'latest' } as const];
    expect(await plan(operations, A, B)).toEqual({ needed: operations, unneeded: {} });
  });

  it('leaves out a manifest whose file is gone, unless its deletion follows: its tags moved before they went', async () => {
    expect(await plan([put(A), put(B)], A)).toEqual({ needed: [put(A)], unneeded: { app: [put(B)] } });
    const operations = [put(A), put(B), remove(B)];
    expect(await plan(operations, A)).toEqual({ needed: operations, unneeded: {} });
    expect(await plan([remove(B), put(B)])).toEqual({ needed: [remove(B)], unneeded: { app: [put(B)] } });
    expect(await plan([put(B), remove(B, 'other')])).toMatchObject({ unneeded: { app: [put(B)] } });
  });

  it('leaves out what no repository can be called', async () => {
    expect(await plan([put(A, 'app/blobs'), remove(A, '../app')], A)).toEqual({
      needed: [],
      unneeded: { 'app/blobs': [put(A, 'app/blobs')], '../app': [remove(A, '../app')] },
    });
  });
});
