import type { BlobStore } from '../content/blob-store.js';
import { contentOf } from '../content/content.js';
import { createDocument } from '../content/document.js';
import { OciError } from '../errors.js';
import type { Annotations } from '../spec/annotations.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { ImageFamily } from '../spec/media-type.js';
import { normalizePlatform, type Platform } from '../spec/platform.js';
import { FAMILY_DOCUMENTS } from './family-documents.js';
import { describeImage, type Image, type ImageIndex } from './image.js';
import { sortKeys } from './sorted-keys.js';

export interface IndexMemberOptions {
  /** @defaultValue the platform of the image's config; an index as a member has none */
  readonly platform?: Platform | string | undefined;
  /** For the member's descriptor. */
  readonly annotations?: Annotations | undefined;
}

interface Member<F extends ImageFamily> {
  readonly image: Image<F> | ImageIndex<F>;
  readonly descriptor: Descriptor;
}

interface Description<F extends ImageFamily> {
  readonly family: F;
  readonly members: readonly Member<F>[];
  readonly annotations: Annotations;
}

/** Starts the description of an index: images of several platforms under one name. */
export function createImageIndex<F extends ImageFamily = 'oci'>({
  family,
}: {
  /** @defaultValue `oci` */ readonly family?: F | undefined;
} = {}): ImageIndexBuilder<F> {
  return new ImageIndexBuilder({ family: (family ?? 'oci') as F, members: [], annotations: {} });
}

/** The description of an index. Immutable: every method gives a new one. */
export class ImageIndexBuilder<F extends ImageFamily> {
  readonly #description: Description<F>;

  constructor(description: Description<F>) {
    this.#description = description;
  }

  /**
   * Lists an image, or another index, at the end. Order counts: a client takes the first member that fits its platform.
   * The same image may stand here twice, with other platforms or annotations (ggcr#2299).
   *
   * @throws {InvalidValueError} `PLATFORM_INVALID`
   */
  add(image: Image<F> | ImageIndex<F>, { platform, annotations }: IndexMemberOptions = {}): ImageIndexBuilder<F> {
    const descriptor = {
      ...describeImage(image),
      ...(platform !== undefined && {
        platform: normalizePlatform(platform),
      }),
      ...(annotations && { annotations: sortKeys(annotations) }),
    };
    return this.#with({ members: [...this.#description.members, { image, descriptor }] });
  }

  /** Adds annotations to the index. Docker's manifest list has no place for them, hence OCI alone. */
  withAnnotations(this: ImageIndexBuilder<'oci'>, annotations: Annotations): ImageIndexBuilder<'oci'> {
    return this.#with({ annotations: { ...this.#description.annotations, ...annotations } });
  }

  /**
   * Writes the index, checks it against its schema, and seals it in the store that holds its members.
   *
   * @throws {OciError} `IMAGE_INVALID` naming the member that `store` does not hold.
   * @throws {DocumentError} `DOCUMENT_INVALID`
   */
  async build(
    store: BlobStore,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ImageIndex<F>> {
    const { family, members, annotations } = this.#description;
    for (const { image } of members) {
      if ((await store.stat(image.digest)) === undefined) {
        throw new OciError('IMAGE_INVALID', `member ${image.digest} is not in the store that the index is built in`);
      }
    }
    const { mediaType, schema } = FAMILY_DOCUMENTS[family].index;
    const index = createDocument(schema, 'image index', {
      schemaVersion: 2,
      mediaType,
      manifests: members.map(({ descriptor }) => descriptor),
      ...(Object.keys(annotations).length > 0 && { annotations: sortKeys(annotations) }),
    });
    await store.write(contentOf(index.bytes).open(), { expected: { digest: index.digest, size: index.size }, signal });
    return {
      kind: 'index',
      family,
      mediaType,
      digest: index.digest,
      index,
      members: members.map(({ image }) => image),
      store,
    };
  }

  #with(changes: Partial<Description<F>>): ImageIndexBuilder<F> {
    return new ImageIndexBuilder({ ...this.#description, ...changes });
  }
}
