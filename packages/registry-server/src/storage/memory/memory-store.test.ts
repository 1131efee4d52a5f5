import { digestOf, readAll } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import type { RegistryStore } from '../registry-store.js';
import { createMemoryStore } from './memory-store.js';

async function push(store: RegistryStore, repository: string, text: string) {
  const bytes = Buffer.from(text);
  const { session } = await store.createUpload(repository);
  await store.appendUpload(repository, session, chunks(bytes));
  return store.finishUpload(repository, session, digestOf(bytes));
}

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** An artifact of a type that no specification here defines, which names nothing. */
function note(text: string) {
  const bytes = Buffer.from(JSON.stringify({ text }));
  return { digest: digestOf(bytes), mediaType: 'application/vnd.example.note+json', bytes };
}

describe('createMemoryStore', () => {
  it('takes an image and gives it back', async () => {
    const store = createMemoryStore();
    const config = await push(store, 'app', '{}');
    const document = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.oci.manifest,
      config: { mediaType: MEDIA_TYPES.oci.empty, ...config },
      layers: [],
    };
    const bytes = Buffer.from(JSON.stringify(document));
    await store.writeManifest(
      'app',
      { digest: digestOf(bytes), mediaType: MEDIA_TYPES.oci.manifest, bytes },
      { tags: ['latest'] },
    );
    expect(await store.resolveTag('app', 'latest')).toMatchObject([{ digest: digestOf(bytes) }]);
    expect(await readAll(store.openBlob('app', config.digest), { maxBytes: 10 })).toEqual(Buffer.from('{}'));
  });

  it('keeps a copy of the bytes of a manifest', async () => {
    const store = createMemoryStore();
    const manifest = note('first');
    await store.writeManifest('app', manifest);
    manifest.bytes.fill(0);
    const kept = await store.readManifest('app', manifest.digest);
    expect(kept && digestOf(kept.bytes)).toBe(manifest.digest);
  });

  it('does not take a manifest for the blob that another one names', async () => {
    const store = createMemoryStore();
    const pushed = note('pushed as a manifest');
    await store.writeManifest('app', pushed);
    const config = { mediaType: MEDIA_TYPES.oci.config, digest: pushed.digest, size: pushed.bytes.byteLength };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [] }));
    await expect(
      store.writeManifest('app', { digest: digestOf(bytes), mediaType: MEDIA_TYPES.oci.manifest, bytes }),
    ).rejects.toMatchObject({ code: 'REFERENCE_UNKNOWN', missing: [pushed.digest] });
  });

  describe('with maxBytes', () => {
    it('refuses what does not fit, and keeps what came before', async () => {
      const store = createMemoryStore({ maxBytes: 10 });
      const { session } = await store.createUpload('app');
      const source = chunks(Buffer.alloc(6), Buffer.alloc(5));
      await expect(store.appendUpload('app', session, source)).rejects.toMatchObject({ code: 'NO_SPACE' });
      expect(await store.statUpload('app', session)).toMatchObject({ size: 6 });
      await expect(store.writeManifest('app', note('long'))).rejects.toMatchObject({ code: 'NO_SPACE' });
      expect(await store.listRepositories({ limit: 1 })).toEqual([]);
    });

    it('counts a blob once, however many repositories hold it and however often it is sent', async () => {
      const store = createMemoryStore({ maxBytes: 20 });
      for (let round = 0; round < 5; round++) await push(store, `app/${round}`, '0123456789');
      await store.mountBlob('other', digestOf(Buffer.from('0123456789')), 'app/0');
      await push(store, 'app', 'abcdefghij');
      await expect(push(store, 'app', 'x')).rejects.toMatchObject({ code: 'NO_SPACE' });
    });

    it('has room again for what was deleted, cancelled, refused and collected', async () => {
      const store = createMemoryStore({ maxBytes: 30 });
      for (let round = 0; round < 5; round++) {
        const { digest } = await push(store, 'app', 'blob');
        await store.deleteBlob('app', digest);
        const { session } = await store.createUpload('app');
        await store.appendUpload('app', session, chunks(Buffer.alloc(25)));
        await store.cancelUpload('app', session);
        const refused = await store.createUpload('app');
        await store.appendUpload('app', refused.session, chunks(Buffer.alloc(25)));
        await expect(store.finishUpload('app', refused.session, digest)).rejects.toMatchObject({
          code: 'DIGEST_MISMATCH',
        });
        await store.writeManifest('app', note('deleted'));
        await store.deleteManifest('app', note('deleted').digest);
        await store.writeManifest('app', note('collected'));
        await push(store, 'app', 'garbage');
        for await (const _ of store.collectGarbage({ graceMs: 0, untagged: true }));
        expect(await store.listRepositories({ limit: 1 })).toEqual([]);
      }
      expect(await push(store, 'app', 'exactly thirty bytes, no more.')).toMatchObject({ size: 30 });
    });
  });

  it('tells in a dry run what the run would free, of shared blobs too', async () => {
    const store = createMemoryStore();
    const { digest } = await push(store, 'a', 'shared');
    await store.mountBlob('b', digest, 'a');
    const run = async (dryRun: boolean) => {
      const found = [];
      for await (const item of store.collectGarbage({ graceMs: 0, dryRun })) found.push(item);
      return found;
    };
    const foretold = await run(true);
    expect(foretold.map(({ size }) => size)).toEqual([0, 6]);
    expect(await run(false)).toEqual(foretold);
  });
});
