import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type BlobStore,
  buildLayer,
  createImage,
  describeImage,
  file,
  type Image,
  type ImageIndex,
  MemoryBlobStore,
} from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import { run } from './process.js';
import type { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

/** The one tag in a layout that {@link writeImageLayout} writes. */
export const LAYOUT_TAG = 'sample';

/** An image in an image layout, as clients take it. */
export interface ImageLayout {
  readonly folder: string;
  /** The path of a tar file with the same. */
  readonly archive: string;
  /** Of the manifest or the index. */
  readonly digest: Digest;
}

export interface SampleOptions {
  /** Images of one index have to be in one store. @defaultValue one of its own */
  readonly store?: BlobStore | undefined;
  readonly platform?: string | undefined;
  /** Each has one file of random bytes. */
  readonly layers?: number | undefined;
  /** Of that file. */
  readonly bytes?: number | undefined;
}

/** An image that there is nowhere else: its layers are random. */
export async function buildSample(options: SampleOptions = {}): Promise<Image<'oci'>> {
  const { store = new MemoryBlobStore(), platform = `linux/${process.arch}`, layers = 2, bytes = 20_000 } = options;
  let description = createImage({ platform });
  for (let layer = 0; layer < layers; layer += 1) {
    description = description.addLayer(await buildLayer([file(`/layer-${layer}`, randomBytes(bytes))], { store }));
  }
  return description.build(store);
}

/** An image layout of its own for `image`, as image-spec v1.1, image-layout.md, has it. */
export async function writeImageLayout(scope: Scope, image: Image | ImageIndex): Promise<ImageLayout> {
  const folder = join(await temporaryFolder(scope, 'layout'), 'image');
  const blobs = new Set(listBlobs(image));
  for (const digest of blobs) {
    const path = join(folder, 'blobs', digest.replace(':', '/'));
    await mkdir(dirname(path), { recursive: true });
    await pipeline(image.store.open(digest), createWriteStream(path));
  }
  const annotations = { 'org.opencontainers.image.ref.name': LAYOUT_TAG };
  const index = { schemaVersion: 2, manifests: [{ ...describeImage(image), annotations }] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const archive = `${folder}.tar`;
  await run('tar', ['-C', folder, '-cf', archive, '.']);
  return { folder, archive, digest: image.digest };
}

function listBlobs(image: Image | ImageIndex): Digest[] {
  if (image.kind === 'index') return [image.digest, ...image.members.flatMap(listBlobs)];
  return [image.digest, image.config.digest, ...image.layers.map(({ descriptor }) => descriptor.digest)];
}
