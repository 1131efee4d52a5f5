import type { BlobStore } from '../content/blob-store.js';
import { contentOf } from '../content/content.js';
import { createDocument, type JsonDocument } from '../content/document.js';
import { OciError } from '../errors.js';
import type { Annotations } from '../spec/annotations.js';
import type { Descriptor } from '../spec/descriptor.js';
import { type HistoryEntry, type ImageConfig, imageConfigSchema } from '../spec/image-config.js';
import type { ImageFamily } from '../spec/media-type.js';
import { normalizePlatform, type Platform } from '../spec/platform.js';
import { type ContainerOptions, createContainerConfig } from './container-config.js';
import { FAMILY_DOCUMENTS, type ManifestOf } from './family-documents.js';
import type { Image } from './image.js';
import { type Layer, layerToFamily } from './layer.js';
import { reproducibleTime } from './reproducible-time.js';
import { sortKeys } from './sorted-keys.js';

/** What an entry of the history says; whether it has a layer is known from how it was added. */
export interface HistoryOptions {
  /** @defaultValue the time of the image */
  readonly created?: Date | undefined;
  readonly createdBy?: string | undefined;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
}

export interface ImageOptions<F extends ImageFamily> {
  /** @defaultValue `oci` */
  readonly family?: F | undefined;
  /**
   * `linux/amd64`, or the parsed form. Other spellings, such as `linux/x64`, are written as {@link normalizePlatform} has
   * them: engines compare names. There is no default: an image does not depend on the machine that builds it.
   */
  readonly platform: Platform | string;
  /** @defaultValue `SOURCE_DATE_EPOCH`, or else a fixed date in 1980; never now */
  readonly created?: Date | undefined;
  readonly author?: string | undefined;
}

/** A step of the history, with its layer where it has one. One list, so that the two cannot get out of step. */
interface Step<F extends ImageFamily> {
  readonly history: HistoryOptions;
  readonly layer?: Layer<F>;
}

interface Description<F extends ImageFamily> {
  readonly family: F;
  readonly platform: Platform;
  readonly created: Date;
  readonly author: string | undefined;
  readonly container: ContainerOptions;
  readonly steps: readonly Step<F>[];
  readonly annotations: Annotations;
}

/**
 * Starts the description of an image.
 *
 * @throws {InvalidValueError} `PLATFORM_INVALID`
 * @throws {OciError} `IMAGE_INVALID` for a time that is none.
 */
export function createImage<F extends ImageFamily = 'oci'>(options: ImageOptions<F>): ImageBuilder<F> {
  const { platform, created = new Date(reproducibleTime() * 1000), author } = options;
  checkTime('created', created);
  return new ImageBuilder({
    family: (options.family ?? 'oci') as F,
    platform: normalizePlatform(platform),
    created,
    author,
    container: {},
    steps: [],
    annotations: {},
  });
}

/** The description of an image. Immutable: every method gives a new one, so that one base serves many images. */
export class ImageBuilder<F extends ImageFamily> {
  readonly #description: Description<F>;

  constructor(description: Description<F>) {
    this.#description = description;
  }

  get family(): F {
    return this.#description.family;
  }

  /** Sets fields of the container's configuration; those that are not named stay. `undefined` takes a field away. */
  withContainer(options: ContainerOptions): ImageBuilder<F> {
    return this.#with({ container: { ...this.#description.container, ...options } });
  }

  /**
   * Puts a layer on top, and its line into the history.
   *
   * @throws {OciError} `IMAGE_INVALID` for a time that is none; so does {@link addHistory}.
   */
  addLayer(layer: Layer<F>, history: HistoryOptions = {}): ImageBuilder<F> {
    const { family } = this.#description;
    // The types say so already, to those who use them.
    if (layer.family !== family) {
      throw new OciError(
        'IMAGE_INVALID',
        `a layer of the family ${layer.family} cannot stand in an image of ${family}: see layerToFamily`,
      );
    }
    return this.#withStep({ layer, history });
  }

  /** A line of the history that changed no file, such as a changed command: `empty_layer` in the specification. */
  addHistory(history: HistoryOptions): ImageBuilder<F> {
    return this.#withStep({ history });
  }

  /** Adds annotations to the manifest. Docker schema2 has no place for them, hence OCI alone. */
  withAnnotations(this: ImageBuilder<'oci'>, annotations: Annotations): ImageBuilder<'oci'> {
    return this.#with({ annotations: { ...this.#description.annotations, ...annotations } });
  }

  /**
   * The same image in the other family: the same layers and configuration under other media types.
   *
   * @throws {OciError} `IMAGE_INVALID` where annotations would be lost; `MEDIA_TYPE_INVALID` for a layer that the other
   * family cannot name.
   */
  toFamily<G extends ImageFamily>(family: G): ImageBuilder<G> {
    const { steps, annotations } = this.#description;
    if (family === 'docker' && Object.keys(annotations).length > 0) {
      throw new OciError(
        'IMAGE_INVALID',
        'Docker schema2 has no place for the annotations of this image; convert first, then annotate',
      );
    }
    return new ImageBuilder({
      ...this.#description,
      family,
      steps: steps.map(({ layer, history }) => ({ history, ...(layer && { layer: layerToFamily(layer, family) }) })),
    });
  }

  /**
   * Writes config and manifest, checks both against their schemas, and seals them in a store. The layers have to be in
   * the same store: an image whose parts lie apart could be read by nobody.
   *
   * @throws {OciError} `IMAGE_INVALID` naming the field, or the layer that `store` does not hold.
   * @throws {DocumentError} `DOCUMENT_INVALID`
   */
  async build(store: BlobStore, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Image<F>> {
    const { family, platform } = this.#description;
    const layers = this.#layers();
    for (const { descriptor } of layers) {
      if ((await store.stat(descriptor.digest)) === undefined) {
        throw new OciError(
          'IMAGE_INVALID',
          `layer ${descriptor.digest} is not in the store that the image is built in`,
        );
      }
    }
    const config = createDocument(imageConfigSchema, 'image config', this.#config());
    const manifest = createManifest(family, config, layers, this.#description.annotations);
    for (const { bytes, digest, size } of [config, manifest]) {
      await store.write(contentOf(bytes).open(), { expected: { digest, size }, signal });
    }
    const { mediaType } = FAMILY_DOCUMENTS[family].manifest;
    return { kind: 'image', family, mediaType, digest: manifest.digest, platform, manifest, config, layers, store };
  }

  #layers(): Layer<F>[] {
    return this.#description.steps.flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
  }

  #config(): ImageConfig {
    const { created, author, platform, container, steps } = this.#description;
    return {
      created: formatTime(created),
      ...(author !== undefined && { author }),
      ...platform,
      config: createContainerConfig(container),
      rootfs: { type: 'layers', diff_ids: this.#layers().map(({ diffId }) => diffId) },
      history: steps.map((step) => formatHistory(step, created)),
    };
  }

  #withStep(step: Step<F>): ImageBuilder<F> {
    if (step.history.created !== undefined) checkTime('the time of a history entry', step.history.created);
    return this.#with({ steps: [...this.#description.steps, step] });
  }

  #with(changes: Partial<Description<F>>): ImageBuilder<F> {
    return new ImageBuilder({ ...this.#description, ...changes });
  }
}

function createManifest<F extends ImageFamily>(
  family: F,
  config: JsonDocument<ImageConfig>,
  layers: readonly Layer<F>[],
  annotations: Annotations,
): JsonDocument<ManifestOf<F>> {
  const documents = FAMILY_DOCUMENTS[family];
  const manifest = {
    schemaVersion: 2,
    mediaType: documents.manifest.mediaType,
    config: { mediaType: documents.config.mediaType, digest: config.digest, size: config.size } satisfies Descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(Object.keys(annotations).length > 0 && { annotations: sortKeys(annotations) }),
  };
  return createDocument(documents.manifest.schema, 'image manifest', manifest);
}

function formatHistory({ layer, history }: Step<ImageFamily>, created: Date): HistoryEntry {
  const { createdBy, author, comment } = history;
  return {
    created: formatTime(history.created ?? created),
    ...(createdBy !== undefined && { created_by: createdBy }),
    ...(author !== undefined && { author }),
    ...(comment !== undefined && { comment }),
    ...(layer === undefined && { empty_layer: true }),
  };
}

function checkTime(field: string, time: Date): void {
  if (time instanceof Date && !Number.isNaN(time.getTime())) return;
  throw new OciError('IMAGE_INVALID', `${field} is not a valid Date`);
}

/** RFC 3339 in UTC, without a fraction where there is none, as Go writes it. */
function formatTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
