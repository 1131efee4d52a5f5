import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunked, collect, flatten } from './fixtures/archive.js';
import { arbitraryEntries } from './fixtures/arbitrary-entry.js';
import { readTar } from './read-tar.js';
import { writeTar } from './write-tar.js';

describe('readTar', () => {
  it('gives back the entries that writeTar was given, however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEntries, fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), async (entries, sizes) => {
        const archive = await collect(writeTar(entries));
        expect(await flatten(readTar(chunked(archive, sizes)))).toEqual(await flatten(entries));
      }),
    );
  });
});
