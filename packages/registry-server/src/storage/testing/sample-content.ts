import { type BlobInfo, digestOf, readAll } from '@quinistry/oci-image';
import { type Descriptor, type Digest, type DigestAlgorithm, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import type { Page, StoredManifest } from '../registry-storage.js';
import type { RegistryStore } from '../registry-store.js';

export interface SampleBlob extends BlobInfo {
  readonly bytes: Uint8Array;
}

export const EVERYTHING: Page = { limit: 100_000 };

/** A blob of a text, or of that many bytes each different from its neighbours. */
export function blobOf(content: string | number, algorithm?: DigestAlgorithm): SampleBlob {
  const bytes =
    typeof content === 'string'
      ? new TextEncoder().encode(content)
      : Uint8Array.from({ length: content }, (_, index) => index % 251);
  return { bytes, digest: digestOf(bytes, algorithm), size: bytes.byteLength };
}

export const EMPTY_BLOB = blobOf('');

export async function* chunksOf(bytes: Uint8Array, chunkBytes = bytes.byteLength): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

/** Starts a session that has these bytes already. */
export async function startUpload(store: RegistryStore, repository: string, bytes: Uint8Array): Promise<string> {
  const { session } = await store.createUpload(repository);
  await store.appendUpload(repository, session, chunksOf(bytes));
  return session;
}

export async function pushBlob<B extends SampleBlob>(store: RegistryStore, repository: string, blob: B): Promise<B> {
  await store.finishUpload(repository, await startUpload(store, repository, blob.bytes), blob.digest);
  return blob;
}

/** The digest of the bytes that the store gives for a blob, by the algorithm of its name. */
export async function readBlob(store: RegistryStore, repository: string, { digest }: BlobInfo): Promise<Digest> {
  const bytes = await readAll(store.openBlob(repository, digest), { maxBytes: 100_000_000 });
  return digestOf(bytes, digest.startsWith('sha512') ? 'sha512' : 'sha256');
}

export function manifestOf(mediaType: string, document: object, algorithm?: DigestAlgorithm): StoredManifest {
  // Indented: a store that parses and writes again gives other bytes.
  const bytes = new TextEncoder().encode(JSON.stringify(document, null, 3));
  return { digest: digestOf(bytes, algorithm), mediaType, bytes };
}

export function descriptorOf({ digest, mediaType, bytes }: StoredManifest): Descriptor {
  return { mediaType, digest, size: bytes.byteLength };
}

export function layerOf({ digest, size }: BlobInfo, mediaType: string = MEDIA_TYPES.oci.layer): Descriptor {
  return { mediaType, digest, size };
}

export interface ImageFields {
  readonly subject?: StoredManifest | undefined;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest of these blobs: the first is its config, the others are its layers. */
export function imageOf(
  [config, ...layers]: readonly [BlobInfo, ...BlobInfo[]],
  fields: ImageFields = {},
): StoredManifest {
  const { subject, ...rest } = fields;
  return manifestOf(MEDIA_TYPES.oci.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.manifest,
    config: layerOf(config, MEDIA_TYPES.oci.config),
    layers: layers.map((layer) => layerOf(layer)),
    ...(subject && { subject: descriptorOf(subject) }),
    ...rest,
  });
}

export function indexOf(members: readonly Descriptor[], fields: ImageFields = {}): StoredManifest {
  const { subject, ...rest } = fields;
  return manifestOf(MEDIA_TYPES.oci.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.index,
    manifests: members,
    ...(subject && { subject: descriptorOf(subject) }),
    ...rest,
  });
}

/** A manifest that names nothing, of a type that no specification defines. */
export function noteOf(text: string, fields: ImageFields = {}): StoredManifest {
  const { subject, ...rest } = fields;
  return manifestOf('application/vnd.example.note+json', {
    text,
    ...(subject && { subject: descriptorOf(subject) }),
    ...rest,
  });
}

/** Pushes an image of one blob, which is its config. */
export async function pushImage(
  store: RegistryStore,
  repository: string,
  text: string,
  { tags = [], ...fields }: ImageFields & { readonly tags?: readonly string[] } = {},
): Promise<{ readonly blob: SampleBlob; readonly manifest: StoredManifest }> {
  const blob = await pushBlob(store, repository, blobOf(text));
  const manifest = imageOf([blob], fields);
  await store.writeManifest(repository, manifest, { tags });
  return { blob, manifest };
}

export async function digestsOfTag(store: RegistryStore, repository: string, tag: string): Promise<readonly Digest[]> {
  return (await store.resolveTag(repository, tag)).map(({ digest }) => digest);
}

/** Digests of the referrers of `subject`, sorted. */
export async function referrersOf(
  store: RegistryStore,
  repository: string,
  subject: { readonly digest: Digest },
): Promise<readonly Digest[]> {
  return sorted((await store.listReferrers(repository, subject.digest)).map(({ digest }) => digest));
}

export function sorted<T extends string>(names: Iterable<T>): readonly T[] {
  return [...names].sort();
}
