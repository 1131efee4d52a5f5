import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { readManifestFacts } from './manifest-facts.js';

const { oci, docker } = MEDIA_TYPES;

/** A descriptor of something that is called so. */
function descriptor(name: string, mediaType: string = oci.layer) {
  return { mediaType, digest: digestOf(Buffer.from(name)), size: name.length };
}

function stored(mediaType: string, document: string | object) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), mediaType, bytes };
}

function factsOf(mediaType: string, document: string | object) {
  return readManifestFacts(stored(mediaType, document));
}

const CONFIG = descriptor('config', oci.config);
const SUBJECT = descriptor('subject', oci.manifest);

describe('readManifestFacts', () => {
  it.each([
    ['an OCI image', oci.manifest, oci.config],
    ['a Docker image', docker.manifest, docker.config],
  ])('has the config and the layers of %s as blobs', (_, mediaType, configType) => {
    const config = descriptor('config', configType);
    const layers = [descriptor('lower'), descriptor('upper')];
    const { references, subject } = factsOf(mediaType, { schemaVersion: 2, mediaType, config, layers });
    expect(references).toEqual([config, ...layers].map(({ digest }) => ({ digest, kind: 'blob', optional: false })));
    expect(subject).toBeUndefined();
  });

  it.each([
    oci.nonDistributableLayer,
    oci.nonDistributableLayerGzip,
    oci.nonDistributableLayerZstd,
    docker.foreignLayer,
    docker.foreignLayerGzip,
  ])('can do without a layer of type %s', (mediaType) => {
    const layers = [descriptor('elsewhere', mediaType), descriptor('here')];
    const { references } = factsOf(oci.manifest, { schemaVersion: 2, config: CONFIG, layers });
    expect(references.map(({ optional }) => optional)).toEqual([false, true, false]);
  });

  it('takes null for no layers, as Go writes it', () => {
    const { references } = factsOf(oci.manifest, { schemaVersion: 2, config: CONFIG, layers: null });
    expect(references).toEqual([{ digest: CONFIG.digest, kind: 'blob', optional: false }]);
  });

  it.each([
    ['an OCI index', oci.index],
    ['a Docker list', docker.manifestList],
  ])('has the members of %s as manifests, and those of another type as either', (_, mediaType) => {
    const members = [
      descriptor('image', oci.manifest),
      descriptor('docker', docker.manifest),
      descriptor('index', oci.index),
      descriptor('list', docker.manifestList),
      descriptor('a layer of a BuildKit cache', oci.layerGzip),
      descriptor('artifact', 'application/vnd.example.thing+json'),
    ];
    const { references } = factsOf(mediaType, { schemaVersion: 2, mediaType, manifests: members });
    const kinds = ['manifest', 'manifest', 'manifest', 'manifest', 'either', 'either'];
    expect(references).toEqual(members.map(({ digest }, index) => ({ digest, kind: kinds[index], optional: false })));
  });

  it('reads an index that does not say its own media type, as buildx writes it', () => {
    const member = descriptor('member', oci.manifest);
    const { references, referrer } = factsOf(oci.index, { schemaVersion: 2, manifests: [member] });
    expect(references).toMatchObject([{ digest: member.digest, kind: 'manifest' }]);
    expect(referrer.mediaType).toBe(oci.index);
  });

  it.each([
    ['an image', oci.manifest, { schemaVersion: 2, config: CONFIG, layers: [], subject: SUBJECT }],
    ['an index', oci.index, { schemaVersion: 2, manifests: [], subject: SUBJECT }],
    ['any other type', 'application/vnd.example.thing+json', { subject: SUBJECT }],
  ])('has the subject of %s, and does not count it as a reference', (_, mediaType, document) => {
    const { subject, references } = factsOf(mediaType, document);
    expect(subject).toBe(SUBJECT.digest);
    expect(references.map(({ digest }) => digest)).not.toContain(SUBJECT.digest);
  });

  it('keeps whatever a document of an unknown type names, and asks for none of it', () => {
    const [blob, layer] = [descriptor('blob'), descriptor('layer')];
    const document = { blobs: [blob, blob], fsLayers: [{ blobSum: layer.digest }], subject: SUBJECT, config: null };
    const { references, subject } = factsOf('application/vnd.example.thing+json', document);
    expect(references).toHaveLength(2);
    for (const { digest } of [blob, layer])
      expect(references).toContainEqual({ digest, kind: 'either', optional: true });
    expect(subject).toBe(SUBJECT.digest);
  });

  describe('the referrer descriptor', () => {
    it('has the size of the bytes as they came, with their white space, and the digest', () => {
      const manifest = stored(oci.index, JSON.stringify({ schemaVersion: 2, manifests: [] }, null, 8));
      expect(readManifestFacts(manifest).referrer).toEqual({
        mediaType: oci.index,
        digest: manifest.digest,
        size: manifest.bytes.byteLength,
      });
    });

    it('carries annotations and the type of artifact', () => {
      const annotations = { 'org.example.note': 'x' };
      const artifactType = 'application/vnd.example.sbom';
      const document = { schemaVersion: 2, config: CONFIG, layers: [], artifactType, annotations };
      expect(factsOf(oci.manifest, document).referrer).toMatchObject({ artifactType, annotations });
    });

    it('says the type of the config for an image that names no type of artifact', () => {
      const config = descriptor('{}', 'application/vnd.example.config+json');
      const { referrer } = factsOf(oci.manifest, { schemaVersion: 2, config, layers: [] });
      expect(referrer.artifactType).toBe('application/vnd.example.config+json');
    });

    it('says no type of artifact for an index that names none', () => {
      expect(factsOf(oci.index, { schemaVersion: 2, manifests: [] }).referrer).not.toHaveProperty('artifactType');
    });
  });

  it.each([
    ['no JSON', oci.manifest, '{'],
    ['an array', 'application/vnd.example.thing+json', '[]'],
    ['an image without a config', oci.manifest, { schemaVersion: 2, layers: [] }],
    ['another media type than it came with', oci.manifest, { schemaVersion: 2, mediaType: oci.index, manifests: [] }],
    // CVE-2021-41190: a client that trusts another media type would run something else.
    ['both layers and manifests', oci.manifest, { schemaVersion: 2, config: CONFIG, layers: [], manifests: [] }],
    ['both manifests and layers', oci.index, { schemaVersion: 2, manifests: [], layers: [] }],
    ['a key that stands twice', oci.index, '{"schemaVersion":2,"manifests":[],"manifests":[]}'],
    ['a digest out of the path', oci.index, { schemaVersion: 2, manifests: [{ ...SUBJECT, digest: 'sha256:../x' }] }],
    ['a type of artifact with a line break', 'application/vnd.example.thing+json', { artifactType: 'a/b\r\nX: y' }],
    ['a subject that is no descriptor', 'application/vnd.example.thing+json', { subject: 'sha256:abc' }],
    ['2,000,000 levels', 'application/vnd.example.thing+json', '['.repeat(2_000_000) + ']'.repeat(2_000_000)],
  ])('refuses %s', (_, mediaType, document) => {
    expect(() => factsOf(mediaType, document)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  });

  it('refuses bytes that are not UTF-8, and a byte order mark', () => {
    for (const bytes of [Buffer.from([0x7b, 0xff, 0x7d]), Buffer.from('\uFEFF{}')]) {
      const manifest = { digest: digestOf(bytes), mediaType: 'application/vnd.example.thing+json', bytes };
      expect(() => readManifestFacts(manifest)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
    }
  });
});
