import { digestOf } from '@quinistry/oci-image';
import { type Descriptor, type Digest, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import type { Page, RegistryStorage, StoredManifest } from '../storage/registry-storage.js';

interface FixtureRepository {
  readonly tags: ReadonlyMap<string, readonly StoredManifest[]>;
  readonly blobs: ReadonlyMap<Digest, { readonly bytes: Uint8Array; readonly mediaType?: string }>;
  readonly referrers: readonly Descriptor[];
}

const text = (value: string) => new TextEncoder().encode(value);

function storedManifest(mediaType: string): StoredManifest {
  const bytes = text(`{"schemaVersion":2,"mediaType":"${mediaType}"}`);
  return { digest: digestOf(bytes), mediaType, bytes };
}

export const DOCKER_MANIFEST = storedManifest(MEDIA_TYPES.docker.manifest);
export const OCI_MANIFEST = storedManifest(MEDIA_TYPES.oci.manifest);
export const CONFIG_BYTES = text('{"os":"linux"}');
export const CONFIG_DIGEST = digestOf(CONFIG_BYTES);
/** 2000 bytes, each different from its neighbours. */
export const LAYER_BYTES = Uint8Array.from({ length: 2000 }, (_, index) => index % 251);
export const LAYER_DIGEST = digestOf(LAYER_BYTES);
export const EMPTY_DIGEST = digestOf(new Uint8Array());
/** In the repository `other/private` alone. */
export const PRIVATE_BYTES = text('not for everyone');
export const PRIVATE_DIGEST = digestOf(PRIVATE_BYTES);
/** In no repository. */
export const UNKNOWN_DIGEST = digestOf(text('nobody has this'));

export const SIGNATURE: Descriptor = {
  mediaType: MEDIA_TYPES.oci.manifest,
  digest: PRIVATE_DIGEST,
  size: PRIVATE_BYTES.byteLength,
  artifactType: 'application/vnd.example.signature',
};
export const SBOM: Descriptor = { ...SIGNATURE, artifactType: 'application/spdx+json' };

/** The tags of `demo/app`, sorted by bytes. */
export const TAGS = ['10', '9', 'Latest', 'docker-only', 'latest'];

const REPOSITORIES: ReadonlyMap<string, FixtureRepository> = new Map([
  [
    'demo/app',
    {
      tags: new Map(
        TAGS.map((tag) => [tag, tag === 'docker-only' ? [DOCKER_MANIFEST] : [DOCKER_MANIFEST, OCI_MANIFEST]]),
      ),
      blobs: new Map([
        [CONFIG_DIGEST, { bytes: CONFIG_BYTES, mediaType: MEDIA_TYPES.docker.config }],
        [LAYER_DIGEST, { bytes: LAYER_BYTES, mediaType: MEDIA_TYPES.docker.layerGzip }],
        [EMPTY_DIGEST, { bytes: new Uint8Array() }],
      ]),
      referrers: [SIGNATURE, SBOM],
    },
  ],
  ['other/private', { tags: new Map(), blobs: new Map([[PRIVATE_DIGEST, { bytes: PRIVATE_BYTES }]]), referrers: [] }],
]);

function pageOf(entries: Iterable<string>, { limit, last }: Page): string[] {
  return [...entries].filter((entry) => last === undefined || entry > last).slice(0, limit);
}

/** Two small repositories in memory, any part of which a test can replace. */
export function createFixtureStorage(replaced: Partial<RegistryStorage> = {}): RegistryStorage {
  return {
    listRepositories: async (page) => pageOf(REPOSITORIES.keys(), page),
    listTags: async (name, page) => {
      const repository = REPOSITORIES.get(name);
      return repository && pageOf(repository.tags.keys(), page);
    },
    resolveTag: async (name, tag) => REPOSITORIES.get(name)?.tags.get(tag) ?? [],
    readManifest: async (name, digest) =>
      [...(REPOSITORIES.get(name)?.tags.values() ?? [])].flat().find((manifest) => manifest.digest === digest),
    statBlob: async (name, digest) => {
      const blob = REPOSITORIES.get(name)?.blobs.get(digest);
      return blob && { size: blob.bytes.byteLength, mediaType: blob.mediaType };
    },
    async *openBlob(name, digest, { range } = {}) {
      const bytes = REPOSITORIES.get(name)?.blobs.get(digest)?.bytes ?? new Uint8Array();
      yield range === undefined ? bytes : bytes.subarray(range.start, range.end);
    },
    listReferrers: async (name) => REPOSITORIES.get(name)?.referrers ?? [],
    ...replaced,
  };
}
