/**
 * Images that were built here, served as they are: a registry that nobody can push to.
 * Names are known from the start, images may still be building: lists are answered at once, and what needs an image
 * waits for it.
 */
import { type BlobStore, type Image, type ImageIndex, InvalidValueError, OciError } from '@quinistry/oci-image';
import { type Descriptor, isRepositoryName, isTag } from '@quinistry/oci-image/spec';
import type { Page, RegistryStorage, StoredManifest } from './registry-storage.js';

type Served = Image | ImageIndex;

/** An image or an index; or several that a client chooses from by its Accept header, the default first. */
export type TaggedImage = Served | readonly Served[];

/** Images by repository and tag: `{ 'team/app': { latest: image } }`. */
export type TaggedImages = Readonly<Record<string, Readonly<Record<string, TaggedImage | Promise<TaggedImage>>>>>;

/** What one repository holds; its images may still be on their way. */
interface Repository {
  readonly tagNames: readonly string[];
  readonly tags: ReadonlyMap<string, Promise<readonly StoredManifest[]>>;
  readonly contents: Promise<Contents>;
}

interface Contents {
  readonly manifests: ReadonlyMap<string, StoredManifest>;
  readonly blobs: ReadonlyMap<string, { readonly descriptor: Descriptor; readonly store: BlobStore }>;
}

/**
 * A storage over images at hand, for a registry in a test or in a program that builds what it serves.
 *
 * @throws {InvalidValueError} `REFERENCE_INVALID` for a repository or a tag that no client could ask for.
 */
export function createImageStorage(images: TaggedImages): RegistryStorage {
  const repositories = new Map(Object.entries(images).map(([name, tags]) => [checkName(name), holdTags(tags)]));
  const repositoryNames = sortByBytes(repositories.keys());

  return {
    async listRepositories(page) {
      return takePage(repositoryNames, page);
    },
    async listTags(repository, page) {
      const held = repositories.get(repository);
      return held && takePage(held.tagNames, page);
    },
    async resolveTag(repository, tag) {
      return (await repositories.get(repository)?.tags.get(tag)) ?? [];
    },
    async readManifest(repository, digest) {
      return (await repositories.get(repository)?.contents)?.manifests.get(digest);
    },
    async statBlob(repository, digest) {
      return (await repositories.get(repository)?.contents)?.blobs.get(digest)?.descriptor;
    },
    async *openBlob(repository, digest, options) {
      const blob = (await repositories.get(repository)?.contents)?.blobs.get(digest);
      if (blob === undefined) throw new OciError('BLOB_UNKNOWN', `there is no blob ${digest} in ${repository}`);
      yield* blob.store.open(digest, options);
    },
    // Nothing that is built here names a subject.
    async listReferrers() {
      return [];
    },
  };
}

function holdTags(tags: TaggedImages[string]): Repository {
  const images = new Map(
    Object.entries(tags).map(([tag, image]) => [checkTag(tag), Promise.resolve(image).then(listServed)] as const),
  );
  const contents = Promise.all(images.values()).then((served) => collect(served.flat()));
  // Whoever asks for a failed image is told so; nobody asking must not end the process.
  contents.catch(() => {});
  const manifests = [...images].map(([tag, served]) => [tag, served.then((list) => list.map(storedManifest))] as const);
  for (const [, manifest] of manifests) manifest.catch(() => {});
  return { tagNames: sortByBytes(images.keys()), tags: new Map(manifests), contents };
}

function listServed(image: TaggedImage): readonly Served[] {
  return 'kind' in image ? [image] : image;
}

/** Everything that can be reached from `served`: members of indexes are pulled by digest, from the same repository. */
function collect(served: readonly Served[]): Contents {
  const manifests = new Map<string, StoredManifest>();
  const blobs = new Map<string, { descriptor: Descriptor; store: BlobStore }>();
  const add = (image: Served): void => {
    manifests.set(image.digest, storedManifest(image));
    if (image.kind === 'index') {
      image.members.forEach(add);
      return;
    }
    const { config, layers } = image.manifest.value;
    for (const descriptor of [config, ...layers]) blobs.set(descriptor.digest, { descriptor, store: image.store });
  };
  served.forEach(add);
  return { manifests, blobs };
}

function storedManifest(image: Served): StoredManifest {
  const { bytes } = image.kind === 'image' ? image.manifest : image.index;
  return { digest: image.digest, mediaType: image.mediaType, bytes };
}

function checkName(name: string): string {
  if (!isRepositoryName(name))
    throw new InvalidValueError('REFERENCE_INVALID', name, 'the name of a repository: team/app');
  return name;
}

function checkTag(tag: string): string {
  if (!isTag(tag)) throw new InvalidValueError('REFERENCE_INVALID', tag, 'a tag: up to 128 letters, digits and ._-');
  return tag;
}

function sortByBytes(names: Iterable<string>): readonly string[] {
  // Names and tags are ASCII, where code units and bytes have the same order.
  return [...names].sort();
}

function takePage(names: readonly string[], { limit, last }: Page): readonly string[] {
  const start = last === undefined ? 0 : names.findIndex((name) => name > last);
  return start === -1 ? [] : names.slice(start, start + limit);
}
