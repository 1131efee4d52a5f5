import { describe, expect, expectTypeOf, it } from 'vitest';
import { DocumentError, InvalidValueError } from '../errors.js';
import type { ImageIndex } from './image-index.js';
import type { ImageManifest } from './image-manifest.js';
import { parseManifest } from './manifest.js';
import { MEDIA_TYPES } from './media-type.js';

const { oci, docker } = MEDIA_TYPES;
const config = { mediaType: oci.config, digest: `sha256:${'0'.repeat(64)}`, size: 2 };
const image = (mediaType?: string) => JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] });
const index = (mediaType?: string) => JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] });

describe('parseManifest', () => {
  it.each([
    [oci.manifest, image(oci.manifest)],
    [oci.manifest, image()],
    [docker.manifest, image(docker.manifest)],
    [oci.index, index(oci.index)],
    [oci.index, index()],
    [docker.manifestList, index(docker.manifestList)],
  ])('reads %s from %s', (mediaType, text) => {
    expect(parseManifest(mediaType, text)).toEqual(JSON.parse(text));
  });

  it.each([
    [oci.manifest, image(docker.manifest)],
    [oci.manifest, index(oci.index)],
    [oci.manifest, index()],
    [docker.manifest, image(oci.manifest)],
    [docker.manifest, image()],
    [oci.index, index(docker.manifestList)],
    [oci.index, image(oci.manifest)],
    [oci.index, image()],
    [docker.manifestList, index(oci.index)],
    [docker.manifestList, index()],
  ])('CVE-2021-41190: refuses, as %s, %s', (mediaType, text) => {
    expect(() => parseManifest(mediaType, text)).toThrow(DocumentError);
  });

  it.each([
    oci.config,
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/json',
    '',
    'constructor',
  ])('refuses the media type %j, which is of something else', (mediaType) => {
    expect(() => parseManifest(mediaType, image())).toThrow(InvalidValueError);
  });

  it('is typed by the media type', () => {
    expectTypeOf(parseManifest(docker.manifest, image(docker.manifest))).toEqualTypeOf<ImageManifest>();
    expectTypeOf(parseManifest(oci.index, index())).toEqualTypeOf<ImageIndex>();
  });
});
