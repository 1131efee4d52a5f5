import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import {
  blobOf,
  descriptorOf,
  digestsOfTag,
  EVERYTHING,
  imageOf,
  indexOf,
  layerOf,
  manifestOf,
  noteOf,
  pushBlob,
  pushImage,
} from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

export function describeManifests(open: OpenStore): void {
  const using = withStore(open);

  describe('writeManifest', () => {
    it(
      'keeps the bytes and the media type, for the digest and for every tag',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'config', { tags: ['latest', 'v1', 'v1.0'] });
        const found = await store.readManifest('app', manifest.digest);
        expect(found).toMatchObject({ digest: manifest.digest, mediaType: manifest.mediaType });
        expect(Buffer.compare(found?.bytes ?? new Uint8Array(), manifest.bytes)).toBe(0);
        expect(await store.listTags('app', EVERYTHING)).toEqual(['latest', 'v1', 'v1.0']);
        for (const tag of ['latest', 'v1', 'v1.0']) {
          const [named, ...others] = await store.resolveTag('app', tag);
          expect(named).toMatchObject({ digest: manifest.digest, mediaType: manifest.mediaType });
          expect(Buffer.compare(named?.bytes ?? new Uint8Array(), manifest.bytes)).toBe(0);
          expect(others).toEqual([]);
        }
      }),
    );

    it.each([
      ['Docker', MEDIA_TYPES.docker.manifest, { config: true, layers: [] }],
      ['a Docker list', MEDIA_TYPES.docker.manifestList, { manifests: [] }],
      ['an OCI index', MEDIA_TYPES.oci.index, { manifests: [] }],
      ['a type of its own', 'application/vnd.example.thing.v1+json', {}],
    ])('takes a manifest of %s, named by sha512 too', (_, mediaType, { config, ...fields }: Record<string, unknown>) =>
      using(async ({ store }) => {
        const blob = await pushBlob(store, 'app', blobOf('{}'));
        const document = { schemaVersion: 2, mediaType, ...(config === true && { config: layerOf(blob) }), ...fields };
        for (const algorithm of ['sha256', 'sha512'] as const) {
          const manifest = manifestOf(mediaType, document, algorithm);
          await store.writeManifest('app', manifest, { tags: [algorithm] });
          expect(await store.readManifest('app', manifest.digest)).toMatchObject({ mediaType });
          expect(await digestsOfTag(store, 'app', algorithm)).toEqual([manifest.digest]);
        }
      })(),
    );

    it(
      'moves a tag, and leaves the manifest that it named',
      using(async ({ store }) => {
        const first = await pushImage(store, 'app', 'first', { tags: ['latest', 'v1'] });
        const second = await pushImage(store, 'app', 'second', { tags: ['latest'] });
        expect(await digestsOfTag(store, 'app', 'latest')).toEqual([second.manifest.digest]);
        expect(await digestsOfTag(store, 'app', 'v1')).toEqual([first.manifest.digest]);
        expect(await store.readManifest('app', first.manifest.digest)).toMatchObject({ digest: first.manifest.digest });
        expect(await store.listTags('app', EVERYTHING)).toEqual(['latest', 'v1']);
      }),
    );

    it(
      'takes the same manifest again, and its tags stay',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'config', { tags: ['a'] });
        await store.writeManifest('app', manifest);
        await store.writeManifest('app', manifest, { tags: ['b', 'b'] });
        expect(await store.listTags('app', EVERYTHING)).toEqual(['a', 'b']);
      }),
    );

    it(
      'serves the same bytes under the media type that they came with last',
      using(async ({ store }) => {
        const { bytes, digest } = noteOf('same');
        for (const mediaType of ['application/vnd.example.one+json', 'application/vnd.example.two+json']) {
          await store.writeManifest('app', { bytes, digest, mediaType }, { tags: [mediaType.slice(24, 27)] });
          expect(await store.readManifest('app', digest)).toMatchObject({ mediaType });
        }
        for (const tag of ['one', 'two']) {
          expect(await store.resolveTag('app', tag)).toMatchObject([{ mediaType: 'application/vnd.example.two+json' }]);
        }
      }),
    );

    it(
      'refuses what names missing content with REFERENCE_UNKNOWN, lists it, and changes nothing',
      using(async ({ store }) => {
        const { manifest: first } = await pushImage(store, 'app', 'first', { tags: ['latest'] });
        const held = await pushBlob(store, 'app', blobOf('held'));
        const [config, layer] = [blobOf('missing config'), blobOf('missing layer')];
        const refused = imageOf([config, held, layer, layer]);
        const failure = await store.writeManifest('app', refused, { tags: ['latest', 'new'] }).catch((e: unknown) => e);
        expect(failure).toMatchObject({
          name: 'StorageError',
          code: 'REFERENCE_UNKNOWN',
          missing: expect.arrayContaining([config.digest, layer.digest]),
        });
        expect(failure).toHaveProperty('missing.length', 2);
        expect(await store.readManifest('app', refused.digest)).toBeUndefined();
        expect(await digestsOfTag(store, 'app', 'latest')).toEqual([first.digest]);
        expect(await store.listTags('app', EVERYTHING)).toEqual(['latest']);
      }),
    );

    it(
      'looks for blobs and members in the same repository alone',
      using(async ({ store }) => {
        const { blob, manifest } = await pushImage(store, 'other', 'elsewhere');
        for (const [refused, missing] of [
          [imageOf([blob]), blob.digest],
          [indexOf([descriptorOf(manifest)]), manifest.digest],
        ] as const) {
          await expect(store.writeManifest('app', refused)).rejects.toMatchObject({
            code: 'REFERENCE_UNKNOWN',
            missing: [missing],
          });
        }
        expect(await store.listRepositories(EVERYTHING)).toEqual(['other']);
      }),
    );

    it(
      'does not take a blob for the manifest that an index names, though the bytes are the same',
      using(async ({ store }) => {
        const member = imageOf([blobOf('config')]);
        const { bytes, digest } = member;
        await pushBlob(store, 'app', { bytes, digest, size: bytes.byteLength });
        await expect(store.writeManifest('app', indexOf([descriptorOf(member)]))).rejects.toMatchObject({
          code: 'REFERENCE_UNKNOWN',
          missing: [digest],
        });
      }),
    );

    it(
      'takes anything missing where the caller allows sparse manifests',
      using(async ({ store }) => {
        const sparse = [imageOf([blobOf('missing')]), indexOf([descriptorOf(noteOf('missing'))])];
        for (const manifest of sparse) await store.writeManifest('app', manifest, { sparse: true });
        for (const { digest } of sparse) expect(await store.readManifest('app', digest)).toMatchObject({ digest });
      }),
    );

    it(
      'does without layers that are fetched from elsewhere, and without a subject',
      using(async ({ store }) => {
        const config = await pushBlob(store, 'app', blobOf('config'));
        const foreign = layerOf(blobOf('elsewhere'), MEDIA_TYPES.oci.nonDistributableLayerGzip);
        const manifest = manifestOf(MEDIA_TYPES.oci.manifest, {
          schemaVersion: 2,
          config: layerOf(config),
          layers: [foreign],
          subject: descriptorOf(noteOf('not pushed yet')),
        });
        await store.writeManifest('app', manifest, { tags: ['windows'] });
        expect(await digestsOfTag(store, 'app', 'windows')).toEqual([manifest.digest]);
      }),
    );

    it(
      'takes an index of manifests, of indexes, and of layers as in BuildKit’s cache exports',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'config');
        const layer = await pushBlob(store, 'app', blobOf('layer'));
        const inner = indexOf([descriptorOf(manifest), layerOf(layer, MEDIA_TYPES.oci.layerGzip)]);
        await store.writeManifest('app', inner);
        const note = noteOf('of another type');
        await store.writeManifest('app', note);
        const outer = indexOf([descriptorOf(inner), descriptorOf(note)]);
        await store.writeManifest('app', outer, { tags: ['nested'] });
        expect(await digestsOfTag(store, 'app', 'nested')).toEqual([outer.digest]);
      }),
    );

    it(
      'refuses bytes that are no manifest of their media type, and changes nothing',
      using(async ({ store }) => {
        const broken = manifestOf(MEDIA_TYPES.oci.manifest, { schemaVersion: 2, layers: [] });
        await expect(store.writeManifest('app', broken, { tags: ['latest'] })).rejects.toMatchObject({
          name: 'DocumentError',
          code: 'DOCUMENT_INVALID',
        });
        expect(await store.listRepositories(EVERYTHING)).toEqual([]);
      }),
    );
  });

  describe('readManifest and resolveTag', () => {
    it(
      'find nothing in a repository that does not hold it',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'config', { tags: ['latest'] });
        for (const repository of ['other', 'app/nested', 'nowhere']) {
          expect(await store.readManifest(repository, manifest.digest)).toBeUndefined();
          expect(await store.resolveTag(repository, 'latest')).toEqual([]);
        }
        expect(await store.readManifest('app', noteOf('unknown').digest)).toBeUndefined();
        expect(await store.resolveTag('app', 'unknown')).toEqual([]);
      }),
    );
  });

  describe('deleteTag', () => {
    it(
      'removes a tag alone: its siblings and the manifest stay',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'config', { tags: ['a', 'b'] });
        expect(await store.deleteTag('app', 'a')).toBe(true);
        expect(await store.deleteTag('app', 'a')).toBe(false);
        expect(await store.deleteTag('nowhere', 'a')).toBe(false);
        expect(await store.resolveTag('app', 'a')).toEqual([]);
        expect(await digestsOfTag(store, 'app', 'b')).toEqual([manifest.digest]);
        expect(await store.deleteTag('app', 'b')).toBe(true);
        expect(await store.listTags('app', EVERYTHING)).toEqual([]);
        expect(await store.readManifest('app', manifest.digest)).toMatchObject({ digest: manifest.digest });
      }),
    );
  });

  describe('deleteManifest', () => {
    it(
      'removes a manifest and its tags, and no others',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'app', 'first', { tags: ['a', 'moved', 'b'] });
        const kept = await pushImage(store, 'app', 'second', { tags: ['moved', 'c'] });
        expect(await store.deleteManifest('app', manifest.digest)).toBe(true);
        expect(await store.deleteManifest('app', manifest.digest)).toBe(false);
        expect(await store.deleteManifest('nowhere', manifest.digest)).toBe(false);
        expect(await store.readManifest('app', manifest.digest)).toBeUndefined();
        expect(await store.listTags('app', EVERYTHING)).toEqual(['c', 'moved']);
        expect(await digestsOfTag(store, 'app', 'moved')).toEqual([kept.manifest.digest]);
      }),
    );

    it(
      'leaves the same manifest in another repository, and the indexes that list it',
      using(async ({ store }) => {
        const { manifest } = await pushImage(store, 'other', 'shared', { tags: ['latest'] });
        await pushImage(store, 'app', 'shared', { tags: ['latest'] });
        const index = indexOf([descriptorOf(manifest)]);
        await store.writeManifest('app', index);
        await store.deleteManifest('app', manifest.digest);
        expect(await digestsOfTag(store, 'other', 'latest')).toEqual([manifest.digest]);
        expect(await store.readManifest('app', index.digest)).toMatchObject({ digest: index.digest });
      }),
    );
  });
}
