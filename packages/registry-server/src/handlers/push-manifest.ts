/**
 * `PUT /v2/<name>/manifests/<tag or digest>`: distribution-spec v1.1, "Pushing Manifests".
 *
 * The bytes are kept as they came, for the digest is of those. Many clients send them chunked, so the limit has to hold
 * while they come.
 */
import { createHash } from 'node:crypto';
import { DocumentError } from '@quinistry/oci-image';
import {
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  formatDigest,
  isTag,
  manifestPath,
} from '@quinistry/oci-image/spec';
import type { Exchange } from '../exchange.js';
import { readManifestFacts } from '../manifests/manifest-facts.js';
import { readManifestMediaType } from '../manifests/manifest-media-type.js';
import type { ManifestRoute } from '../route.js';
import { StorageError } from '../storage/storage-error.js';
import type { WritingHandler } from './resource.js';

/** The specification wants 10 at least. The request's headers have to hold them, and each costs a write. */
export const MAX_TAGS_PER_PUSH = 64;

export const pushManifest: WritingHandler<ManifestRoute> = async (exchange, route, store) => {
  const { repository } = route;
  const tags = route.tag === undefined ? [...new Set(exchange.query.getAll('tag'))] : [route.tag];
  if (tags.length > MAX_TAGS_PER_PUSH) {
    return exchange.error('TAG_INVALID', `a push takes ${MAX_TAGS_PER_PUSH} tags at most`, { status: 414 });
  }
  if (!tags.every(isTag)) return exchange.error('TAG_INVALID', 'a tag in the query is none');

  const bytes = await readManifest(exchange);
  const digest = digestOf(bytes, route.digest === undefined ? 'sha256' : digestAlgorithm(route.digest));
  if (route.digest !== undefined && route.digest !== digest) {
    return exchange.error('DIGEST_INVALID', `the manifest hashes to ${digest}`);
  }
  const mediaType = readManifestMediaType(exchange.header('Content-Type'), bytes);
  const manifest = { digest, mediaType, bytes };
  const { subject } = readManifestFacts(manifest);
  await store.writeManifest(repository, manifest, tags);

  const size = bytes.byteLength;
  exchange.announce({ action: 'push', kind: 'manifest', repository, digest, tags, mediaType, size });
  return exchange.empty(201, {
    Location: manifestPath(repository, digest),
    'Docker-Content-Digest': digest,
    // Without it, a client takes the registry for one that knows no referrers, and keeps a list of them under a tag.
    ...(subject !== undefined && { 'OCI-Subject': subject }),
    ...(route.digest !== undefined && tags.length > 0 && { 'OCI-Tag': tags.join(', ') }),
  });
};

/** @throws {StorageError} `TOO_LARGE` as soon as that is known: no more than the limit is ever held. */
async function readManifest({ body, context }: Exchange): Promise<Uint8Array> {
  const { maxManifestBytes } = context.policy;
  const tooLarge = () => new StorageError('TOO_LARGE', `a manifest may have ${maxManifestBytes} bytes`);
  if ((body.announcedBytes ?? 0) > maxManifestBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    if (body.received > maxManifestBytes) throw tooLarge();
    chunks.push(chunk);
  }
  if (body.received === 0) throw new DocumentError('manifest', [{ path: '', message: 'there is not a byte of it' }]);
  return new Uint8Array(Buffer.concat(chunks));
}

function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm): Digest {
  return formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'));
}
