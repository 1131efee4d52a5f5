import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import {
  blobOf,
  descriptorOf,
  imageOf,
  indexOf,
  noteOf,
  pushBlob,
  pushImage,
  referrersOf,
  sorted,
} from './sample-content.js';
import { type OpenStore, withStore } from './store-under-test.js';

const SBOM = 'application/vnd.example.sbom';

export function describeReferrers(open: OpenStore): void {
  const using = withStore(open);

  describe('listReferrers', () => {
    it(
      'describes every manifest that names the subject: images, indexes and other types',
      using(async ({ store }) => {
        const { manifest: subject } = await pushImage(store, 'app', 'subject', { tags: ['latest'] });
        const config = await pushBlob(store, 'app', blobOf('{}'));
        const annotations = { 'org.example.note': 'as it was written' };
        const image = imageOf([config], { subject });
        const artifact = imageOf([config], { subject, artifactType: SBOM, annotations });
        const index = indexOf([], { subject, artifactType: SBOM });
        const note = noteOf('about it', { subject });
        for (const manifest of [image, artifact, index, note]) await store.writeManifest('app', manifest);
        const found = await store.listReferrers('app', subject.digest);
        expect(found).toHaveLength(4);
        expect(found).toEqual(
          expect.arrayContaining([
            // An image that names no type is one of its config's type (distribution-spec v1.1, "Listing Referrers").
            { ...descriptorOf(image), artifactType: MEDIA_TYPES.oci.config },
            { ...descriptorOf(artifact), artifactType: SBOM, annotations },
            { ...descriptorOf(index), artifactType: SBOM },
            descriptorOf(note),
          ]),
        );
      }),
    );

    it(
      'lists what names a subject that is not there, before it comes and after it has gone',
      using(async ({ store }) => {
        const subject = noteOf('pushed last');
        const signature = noteOf('pushed first', { subject });
        await store.writeManifest('app', signature);
        expect(await referrersOf(store, 'app', subject)).toEqual([signature.digest]);
        await store.writeManifest('app', subject);
        expect(await referrersOf(store, 'app', subject)).toEqual([signature.digest]);
        await store.deleteManifest('app', subject.digest);
        expect(await referrersOf(store, 'app', subject)).toEqual([signature.digest]);
      }),
    );

    it(
      'lists a referrer once, however often it is written, and no more once it is deleted',
      using(async ({ store }) => {
        const subject = noteOf('subject');
        const [first, second] = [noteOf('first', { subject }), noteOf('second', { subject })];
        for (const manifest of [first, second, first]) await store.writeManifest('app', manifest, { tags: ['x'] });
        expect(await referrersOf(store, 'app', subject)).toEqual(sorted([first.digest, second.digest]));
        await store.deleteTag('app', 'x');
        expect(await referrersOf(store, 'app', subject)).toEqual(sorted([first.digest, second.digest]));
        await store.deleteManifest('app', first.digest);
        expect(await referrersOf(store, 'app', subject)).toEqual([second.digest]);
        await store.deleteManifest('app', second.digest);
        expect(await referrersOf(store, 'app', subject)).toEqual([]);
      }),
    );

    it(
      'describes a referrer by the media type that it came with last',
      using(async ({ store }) => {
        const subject = noteOf('subject');
        const referrer = noteOf('about it', { subject });
        const renamed = { ...referrer, mediaType: 'application/vnd.example.renamed+json' };
        for (const manifest of [referrer, renamed]) await store.writeManifest('app', manifest);
        expect(await store.listReferrers('app', subject.digest)).toEqual([descriptorOf(renamed)]);
      }),
    );

    it(
      'lists referrers of the same repository alone, and none where there are none',
      using(async ({ store }) => {
        const subject = noteOf('subject');
        for (const repository of ['app', 'other']) await store.writeManifest(repository, subject);
        await store.writeManifest('other', noteOf('signature', { subject }));
        expect(await store.listReferrers('app', subject.digest)).toEqual([]);
        expect(await store.listReferrers('nowhere', subject.digest)).toEqual([]);
        expect(await store.listReferrers('app', noteOf('unknown').digest)).toEqual([]);
      }),
    );
  });
}
