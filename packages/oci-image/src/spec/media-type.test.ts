import { describe, expect, expectTypeOf, it } from 'vitest';
import { InvalidValueError } from '../errors.js';
import {
  type ImageFamily,
  isConfigMediaType,
  isIndexMediaType,
  isLayerMediaType,
  isManifestMediaType,
  isNonDistributable,
  type LayerMediaType,
  layerCompression,
  MEDIA_TYPES,
  mediaTypeFamily,
  mediaTypeSchema,
  parseMediaType,
  toFamily,
} from './media-type.js';

const { oci, docker } = MEDIA_TYPES;
const longName = 'a'.repeat(127);

describe('parseMediaType', () => {
  it.each([
    ...Object.values(oci),
    ...Object.values(docker),
    'text/plain',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    'a/b!#$&^_.+-',
    `${longName}/${longName}`,
    'application/vnd.dev.sigstore.bundle+json;version=0.1',
    'text/plain; charset="utf-8"; x=y',
  ])('accepts %s', (text) => {
    expect(parseMediaType(text)).toBe(text);
    expect(mediaTypeSchema.parse(text)).toBe(text);
  });

  it.each([
    '',
    'text',
    'text/',
    '/plain',
    'text/plain/x',
    'text plain/x',
    ' text/plain',
    'text/plain ',
    '*/*',
    'text/*',
    '.text/plain',
    'text/-plain',
    'text/pläin',
    `${longName}a/b`,
    'text/plain;',
    'text/plain;charset',
    'text/plain, text/html',
  ])('refuses %j', (text) => {
    expect(() => parseMediaType(text)).toThrow(expect.objectContaining({ code: 'MEDIA_TYPE_INVALID', value: text }));
    expect(mediaTypeSchema.safeParse(text).success).toBe(false);
  });

  it.each([
    'text/plain\r\nSet-Cookie: x',
    'text/plain\n',
    'text/plain;a="\r\n"',
    'text/plain;a=\u0000',
    'text\t/plain',
  ])('refuses %j, which has a control character', (text) => {
    expect(() => parseMediaType(text)).toThrow(InvalidValueError);
  });
});

describe('mediaTypeFamily', () => {
  it('knows its own types, and no others', () => {
    expect(new Set(Object.values(oci).map(mediaTypeFamily))).toEqual(new Set(['oci']));
    expect(new Set(Object.values(docker).map(mediaTypeFamily))).toEqual(new Set(['docker']));
    expect(mediaTypeFamily('application/octet-stream')).toBeUndefined();
    expect(mediaTypeFamily('constructor')).toBeUndefined();
  });
});

describe('toFamily', () => {
  const pairs: [string, string][] = [
    [oci.manifest, docker.manifest],
    [oci.index, docker.manifestList],
    [oci.config, docker.config],
    [oci.layer, docker.layer],
    [oci.layerGzip, docker.layerGzip],
    [oci.nonDistributableLayer, docker.foreignLayer],
    [oci.nonDistributableLayerGzip, docker.foreignLayerGzip],
  ];

  it.each(pairs)('maps %s to %s and back', (ociType, dockerType) => {
    expect(toFamily(ociType, 'docker')).toBe(dockerType);
    expect(toFamily(dockerType, 'oci')).toBe(ociType);
  });

  it.each<[string, ImageFamily]>([
    ...Object.values(oci).map((mediaType): [string, ImageFamily] => [mediaType, 'oci']),
    ...Object.values(docker).map((mediaType): [string, ImageFamily] => [mediaType, 'docker']),
    ['application/vnd.cncf.helm.config.v1+json', 'docker'],
    ['application/octet-stream', 'oci'],
    ['no media type at all', 'oci'],
  ])('leaves %s as it is in family %s', (mediaType, family) => {
    expect(toFamily(mediaType, family)).toBe(mediaType);
  });

  it('reads the zstd layers that BuildKit writes into Docker manifests', () => {
    expect(toFamily(docker.layerZstd, 'oci')).toBe(oci.layerZstd);
  });

  it.each<[string, ImageFamily, string]>([
    [oci.layerZstd, 'docker', 'Docker schema2'],
    [oci.nonDistributableLayerZstd, 'docker', 'Docker schema2'],
    [oci.empty, 'docker', 'Docker schema2'],
    [docker.pluginConfig, 'oci', 'OCI'],
  ])('refuses %s, which has no counterpart in family %s', (mediaType, family, name) => {
    expect(() => toFamily(mediaType, family)).toThrow(
      new InvalidValueError('MEDIA_TYPE_INVALID', mediaType, `a media type with a counterpart in ${name}`),
    );
  });

  it('is typed by the kind of media type and the family', () => {
    expectTypeOf(toFamily(docker.manifest, 'oci')).toEqualTypeOf<typeof oci.manifest>();
    expectTypeOf(toFamily(oci.index, 'docker')).toEqualTypeOf<typeof docker.manifestList>();
    expectTypeOf(toFamily(oci.config, 'docker')).toEqualTypeOf<typeof docker.config>();
    expectTypeOf(toFamily(oci.layerGzip, 'docker')).toEqualTypeOf<LayerMediaType<'docker'>>();
    expectTypeOf(toFamily('text/plain', 'docker')).toEqualTypeOf<string>();
  });
});

describe('LayerMediaType', () => {
  it('keeps the families apart, and zstd out of Docker schema2', () => {
    expectTypeOf<typeof docker.layerGzip>().not.toExtend<LayerMediaType<'oci'>>();
    expectTypeOf<typeof oci.layerGzip>().not.toExtend<LayerMediaType<'docker'>>();
    expectTypeOf<typeof docker.layerZstd>().not.toExtend<LayerMediaType>();
    expectTypeOf<typeof oci.nonDistributableLayerZstd>().toExtend<LayerMediaType<'oci'>>();
    expectTypeOf<typeof oci.config>().not.toExtend<LayerMediaType>();
  });
});

describe('layerCompression', () => {
  it.each([
    [oci.layer, 'none', false],
    [oci.layerGzip, 'gzip', false],
    [oci.layerZstd, 'zstd', false],
    [oci.nonDistributableLayer, 'none', true],
    [oci.nonDistributableLayerGzip, 'gzip', true],
    [oci.nonDistributableLayerZstd, 'zstd', true],
    [docker.layer, 'none', false],
    [docker.layerGzip, 'gzip', false],
    [docker.layerZstd, 'zstd', false],
    [docker.foreignLayer, 'none', true],
    [docker.foreignLayerGzip, 'gzip', true],
  ])('%s: %s, non-distributable: %s', (mediaType, compression, nonDistributable) => {
    expect(layerCompression(mediaType)).toBe(compression);
    expect(isLayerMediaType(mediaType)).toBe(true);
    expect(isNonDistributable(mediaType)).toBe(nonDistributable);
  });

  it.each([oci.manifest, oci.config, 'application/x-tar', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'])(
    'is undefined for %s, which is no layer of either family',
    (mediaType) => {
      expect(layerCompression(mediaType)).toBeUndefined();
      expect(isLayerMediaType(mediaType)).toBe(false);
      expect(isNonDistributable(mediaType)).toBe(false);
    },
  );
});

describe('isManifestMediaType, isIndexMediaType, isConfigMediaType', () => {
  it('each know one type of each family', () => {
    const all = [...Object.values(oci), ...Object.values(docker)];
    expect(all.filter(isManifestMediaType)).toEqual([oci.manifest, docker.manifest]);
    expect(all.filter(isIndexMediaType)).toEqual([oci.index, docker.manifestList]);
    expect(all.filter(isConfigMediaType)).toEqual([oci.config, docker.config]);
  });
});
