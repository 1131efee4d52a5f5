import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readFile } from 'node:fs/promises';
import { computeDigest, DocumentError, digestOf } from '@quinistry/oci-image';
import {
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  IMAGE_LAYOUT_FILES,
  imageLayoutSchema,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  parseDocument,
  parseManifest,
} from '@quinistry/oci-image/spec';
import { readManifestFacts } from '../../manifests/manifest-facts.js';
import { BLOB_ALGORITHMS, listBlobs } from './blob-list.js';
import type { Finding } from './finding.js';
import { type LayoutIndex, parseLayoutIndex } from './layout-index.js';
import { isSystemError, unlessMissing } from './system-error.js';

const READ_BYTES = 1024 * 1024;

interface Reference {
  readonly descriptor: Pick<Descriptor, 'digest' | 'mediaType'> & { readonly size?: number | undefined };
  /** The document that names it, from the root of the store. */
  readonly from: string;
  readonly isOptional: boolean;
}

export interface VerifyOptions {
  /**
   * For a registry that takes manifests whose content is not all there: what a manifest names may be missing. What is there is
   * checked all the same, and what `index.json` itself lists has to be there.
   */
  readonly sparse?: boolean | undefined;
  /** Called for each repository that is looked at, before its findings. */
  readonly onRepository?: ((name: string) => void) | undefined;
}

/** Checks one image layout (image-spec v1.1, image-layout.md): its files, its blobs, and what they say of each other. */
export async function* verifyLayout(
  root: string,
  name: string,
  { sparse = false }: VerifyOptions,
): AsyncGenerator<Finding> {
  yield* verifyLayoutFile(root, name);
  yield* verifyBlobs(root, name);
  const { findings, index } = await readIndex(root, name);
  yield* findings;
  const path = `${name}/${IMAGE_LAYOUT_FILES.index}`;
  yield* verifyReferences(
    root,
    name,
    index.manifests.map((descriptor) => ({ descriptor, from: path, isOptional: false })),
    sparse,
  );
}

async function* verifyLayoutFile(root: string, name: string): AsyncGenerator<Finding> {
  const path = `${name}/${IMAGE_LAYOUT_FILES.layout}`;
  const expected = 'a file that says which version of the layout this is';
  const bytes = await readFile(`${root}/${path}`).catch(unlessMissing);
  if (bytes === undefined) {
    if (!(await isEmpty(root, name))) yield { path, problem: 'is missing', expected };
    return;
  }
  try {
    parseDocument(imageLayoutSchema, 'oci-layout', bytes.toString('utf8'));
  } catch (error) {
    yield { path, problem: describe(error), expected };
  }
}

async function readIndex(root: string, name: string): Promise<{ findings: readonly Finding[]; index: LayoutIndex }> {
  const path = `${name}/${IMAGE_LAYOUT_FILES.index}`;
  const expected = 'an image index';
  const none: LayoutIndex = { header: {}, manifests: [] };
  const bytes = await readFile(`${root}/${path}`).catch(unlessMissing);
  if (bytes === undefined) {
    return { findings: (await isEmpty(root, name)) ? [] : [{ path, problem: 'is missing', expected }], index: none };
  }
  try {
    return { findings: [], index: parseLayoutIndex(bytes) };
  } catch (error) {
    return { findings: [{ path, problem: describe(error), expected }], index: none };
  }
}

/** A layout that is being made or removed, or was when a server was killed, has one of its files and nothing in it. */
async function isEmpty(root: string, name: string): Promise<boolean> {
  for await (const _ of listBlobs(`${root}/${name}/${IMAGE_LAYOUT_FILES.blobs}`)) return false;
  const bytes = await readFile(`${root}/${name}/${IMAGE_LAYOUT_FILES.index}`).catch(unlessMissing);
  try {
    return bytes === undefined || parseLayoutIndex(bytes).manifests.length === 0;
  } catch {
    return false;
  }
}

async function* verifyBlobs(root: string, name: string): AsyncGenerator<Finding> {
  const blobs = `${name}/${IMAGE_LAYOUT_FILES.blobs}`;
  const algorithms = (await readdir(`${root}/${blobs}`).catch(unlessMissing)) ?? [];
  for (const algorithm of algorithms.sort()) {
    if (!BLOB_ALGORITHMS.some((known) => known === algorithm)) {
      yield { path: `${blobs}/${algorithm}`, problem: 'is no known algorithm', expected: BLOB_ALGORITHMS.join(' or ') };
      continue;
    }
    for (const hex of (await readdir(`${root}/${blobs}/${algorithm}`).catch(unlessMissing)) ?? []) {
      const path = `${blobs}/${algorithm}/${hex}`;
      const digest = `${algorithm}:${hex}`;
      if (!isDigest(digest)) {
        yield { path, problem: 'is not named after a digest', expected: 'lower-case hex digits' };
        continue;
      }
      const read = await digestOfFile(`${root}/${path}`, digestAlgorithm(digest));
      if (read === 'no file') yield { path, problem: 'is no regular file', expected: 'the bytes of a blob' };
      else if (read !== undefined && read.digest !== digest) {
        yield { path, problem: `hashes to ${read.digest}`, expected: digest };
      }
    }
  }
}

/** Follows what manifests name, down to the blobs; each file is looked at once. */
async function* verifyReferences(
  root: string,
  name: string,
  from: readonly Reference[],
  sparse: boolean,
): AsyncGenerator<Finding> {
  const queue = [...from];
  const visited = new Set<string>();
  for (const { descriptor, from: origin, isOptional } of queue) {
    const { digest, mediaType, size } = descriptor;
    const isEntry = origin.endsWith(IMAGE_LAYOUT_FILES.index);
    const path = `${name}/${IMAGE_LAYOUT_FILES.blobs}/${digestAlgorithm(digest)}/${digestHex(digest)}`;
    const stats = await lstat(`${root}/${path}`).catch(unlessMissing);
    if (stats === undefined) {
      if (isOptional || (sparse && !isEntry)) continue;
      if (!(await isStillNamed(root, origin, digest))) continue; // deleted meanwhile
      yield { path, problem: `is missing, and ${origin} names it`, expected: describeSize(size) };
      continue;
    }
    if (size !== undefined && stats.size !== size) {
      yield { path, problem: `has ${stats.size} bytes`, expected: `${size} bytes, as ${origin} says` };
    }
    const key = `${digest} ${mediaType}`;
    if (visited.has(key)) continue;
    visited.add(key);
    if (isEntry || isManifestMediaType(mediaType) || isIndexMediaType(mediaType)) {
      const outcome = await readReferences(`${root}/${path}`, path, digest, mediaType);
      if (Array.isArray(outcome)) queue.push(...outcome);
      else if (outcome !== undefined) yield outcome;
    }
  }
}

/** What a manifest names; or what is wrong with it. Damaged bytes were found already, and are not parsed. */
async function readReferences(
  file: string,
  path: string,
  digest: Digest,
  mediaType: string,
): Promise<Reference[] | Finding | undefined> {
  const bytes = await readFile(file).catch(unlessMissing);
  if (bytes === undefined || digestOf(bytes, digestAlgorithm(digest)) !== digest) return undefined;
  try {
    const { references } = readManifestFacts({ digest, mediaType, bytes });
    const descriptors = new Map(descriptorsOf(mediaType, bytes).map((descriptor) => [descriptor.digest, descriptor]));
    return references.map((reference) => ({
      descriptor: descriptors.get(reference.digest) ?? { digest: reference.digest, mediaType: '' },
      from: path,
      isOptional: reference.optional,
    }));
  } catch (error) {
    return { path, problem: describe(error), expected: `a document of type ${mediaType}` };
  }
}

function descriptorsOf(mediaType: string, bytes: Uint8Array): readonly Descriptor[] {
  const text = Buffer.from(bytes).toString('utf8');
  if (isIndexMediaType(mediaType)) return parseManifest(mediaType, text).manifests;
  if (!isManifestMediaType(mediaType)) return [];
  const { config, layers } = parseManifest(mediaType, text);
  return [config, ...layers];
}

/** A file that is gone may have been deleted since the document was read, and then the document does not name it any more. */
async function isStillNamed(root: string, origin: string, digest: Digest): Promise<boolean> {
  const text = await readFile(`${root}/${origin}`, 'utf8').catch(unlessMissing);
  return text?.includes(digest) ?? false;
}

async function digestOfFile(path: string, algorithm: DigestAlgorithm) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined; // removed meanwhile
    if (isSystemError(error, 'ELOOP', 'ENXIO')) return 'no file';
    throw error;
  }
  try {
    if (!(await file.stat()).isFile()) return 'no file';
    return await computeDigest(readPieces(file), algorithm);
  } finally {
    await file.close();
  }
}

async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function describeSize(size: number | undefined): string {
  return size === undefined ? 'a blob' : `a blob of ${size} bytes`;
}

function describe(error: unknown): string {
  return error instanceof DocumentError ? error.message : String(error);
}
