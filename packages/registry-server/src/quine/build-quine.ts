/**
 * The image of the running server: its own executable, every shared object that it loads, and its own bundle.
 *
 * The server in a container finds these files where the image put them, and builds the same image again. For the digest
 * to be the same, nothing may get in that differs between two generations: no time of building, no owner, no path of a
 * machine, no environment. The original of 2017 wrote the time of building into its config, and so had a new digest in
 * every generation.
 */
import { dirname, join } from 'node:path';
import {
  type BlobStore,
  buildLayer,
  type Content,
  createImage,
  file,
  type GzipLevel,
  type Image,
  type Layer,
  type LayerEntry,
  MemoryBlobStore,
  openFileContent,
} from '@quinistry/oci-image';
import { nodeRuntimeEntries, readNodeRuntime } from '@quinistry/oci-image/node';
import { ANNOTATIONS, type Platform } from '@quinistry/oci-image/spec';
import { LICENSES_FILE, QUINE_PATHS } from './quine-paths.js';

/**
 * The day on which the original was first shown pulling itself. Any fixed time would do; `SOURCE_DATE_EPOCH` does not
 * count here, because a container would have to inherit it to build itself again.
 */
const CREATED = new Date('2017-03-16T14:11:56Z');

/** Not root, and a number: there is no /etc/passwd in the image that could tell what a name means. */
const USER = '65532:65532';

/** The server's default. */
const PORT = 8080;

/**
 * The image is built while clients wait for it. Level 6 takes nearly twice the time and saves a twentieth of the bytes;
 * level 1 saves a tenth of the time and comes close to 43 MB (`node bench/quine.js`).
 */
const GZIP_LEVEL: GzipLevel = 3;

export interface QuineProgress {
  readonly step: 'runtime' | 'application';
  /** Uncompressed bytes of the step's layer so far. */
  readonly bytes: number;
  /** What the files of the layer add up to; the layer itself is slightly larger. */
  readonly totalBytes: number;
}

export interface BuildQuineOptions {
  /** The bundle of the server, with its licence texts beside it. */
  readonly application: string;
  /** Stands in the image's labels. */
  readonly version: string;
  /** The Node.js that is to run it. @defaultValue the one that runs now */
  readonly executable?: string | undefined;
  /** Where the layers are kept. @defaultValue memory */
  readonly store?: BlobStore | undefined;
  readonly onProgress?: ((progress: QuineProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Quine {
  /** The same image in each family, the one that is served by default first. */
  readonly images: readonly [docker: Image<'docker'>, oci: Image<'oci'>];
  readonly store: BlobStore;
}

/**
 * Builds the image of the running server.
 *
 * @throws {OciError} `FILE_UNREADABLE`, `FILE_CHANGED`; `PLATFORM_UNSUPPORTED` where the running Node.js could not run in
 * a container, as on macOS and Windows; `ELF_INVALID`, `LIBRARY_NOT_FOUND`.
 */
export async function buildQuine(options: BuildQuineOptions): Promise<Quine> {
  const store = options.store ?? new MemoryBlobStore();
  return composeQuine(await buildQuineLayers({ ...options, store }), { ...options, store });
}

/** What the image is made of: nearly all of the work, and all that reads files. */
export interface QuineLayers {
  readonly platform: Platform;
  readonly runtime: Layer<'oci'>;
  readonly application: Layer<'oci'>;
}

/** @throws as {@link buildQuine} does. */
export async function buildQuineLayers(
  options: BuildQuineOptions & { readonly store: BlobStore },
): Promise<QuineLayers> {
  const { executable, store, signal } = options;
  const runtime = await readNodeRuntime({ executable, path: QUINE_PATHS.node, signal });
  const application = await readApplication(options.application);
  return {
    platform: runtime.platform,
    runtime: await build(
      'runtime',
      nodeRuntimeEntries(runtime),
      runtime.files.map(({ content }) => content),
      store,
      options,
    ),
    application: await build('application', application.entries, application.contents, store, options),
  };
}

/** The image of layers that are there. */
export async function composeQuine(
  layers: QuineLayers,
  { version, store, signal }: Pick<BuildQuineOptions, 'version' | 'signal'> & { readonly store: BlobStore },
): Promise<Quine> {
  const oci = describe(layers, version);
  return {
    images: [await oci.toFamily('docker').build(store, { signal }), await oci.build(store, { signal })],
    store,
  };
}

interface Application {
  readonly entries: readonly LayerEntry[];
  readonly contents: readonly Content[];
}

async function readApplication(bundle: string): Promise<Application> {
  const contents = await Promise.all([
    openFileContent(bundle),
    // The licences of what is bundled ask for their text to go wherever the bundle goes.
    openFileContent(join(dirname(bundle), LICENSES_FILE)),
  ]);
  const [code, licenses] = contents;
  return { entries: [file(QUINE_PATHS.application, code), file(QUINE_PATHS.licenses, licenses)], contents };
}

function build(
  step: QuineProgress['step'],
  entries: readonly LayerEntry[],
  contents: readonly Content[],
  store: BlobStore,
  { onProgress, signal }: BuildQuineOptions,
): Promise<Layer<'oci'>> {
  const totalBytes = contents.reduce((sum, { size }) => sum + size, 0);
  return buildLayer(entries, {
    store,
    level: GZIP_LEVEL,
    mtime: CREATED,
    signal,
    onProgress: ({ uncompressedBytes }) =>
      onProgress?.({ step, bytes: Math.min(uncompressedBytes, totalBytes), totalBytes }),
  });
}

function describe(layers: QuineLayers, version: string) {
  return (
    createImage({ platform: layers.platform, created: CREATED })
      // Two layers, the one that changes on top: a new version of the server ships kilobytes, not the runtime again.
      .addLayer(layers.runtime, { createdBy: 'the Node.js that runs quinistry, with the shared objects that it loads' })
      .addLayer(layers.application, { createdBy: 'the bundle of quinistry, with its licence texts' })
      .withContainer({
        user: USER,
        exposedPorts: [PORT],
        entrypoint: [QUINE_PATHS.node, QUINE_PATHS.application],
        // On a command line the server keeps to itself; in a container of its own, only the outside can call it.
        // The port is left to its default, so that PORT can move it.
        cmd: ['serve', '--host', '0.0.0.0'],
        workingDir: '/',
        labels: {
          [ANNOTATIONS.title]: 'quinistry',
          [ANNOTATIONS.description]: 'A container registry that serves one image: itself',
          [ANNOTATIONS.version]: version,
          [ANNOTATIONS.licenses]: 'MIT',
          [ANNOTATIONS.source]: 'https://github.com/quinistry/quinistry',
          [ANNOTATIONS.created]: CREATED.toISOString(),
        },
      })
  );
}
