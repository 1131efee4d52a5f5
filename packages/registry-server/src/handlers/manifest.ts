import { selectVariant } from '../http/accept.js';
import { contentHeaders } from '../http/content-headers.js';
import { isNotModified } from '../http/entity-tag.js';
import type { ManifestRoute } from '../route.js';
import type { RegistryStorage, StoredManifest } from '../storage/registry-storage.js';
import { pushManifest } from './push-manifest.js';
import type { Handler, Resource, WritingHandler } from './resource.js';

/**
 * `GET` and `HEAD /v2/<name>/manifests/<tag or digest>`: distribution-spec v1.1, "Pulling manifests".
 *
 * What real clients rely on: docker, containerd and `crane digest` send HEAD first and believe its Content-Length and
 * Docker-Content-Digest; containerd takes any status but 200 and 404 for a broken registry; docker parses the manifest by
 * the Content-Type, which is the stored media type and nothing more.
 */
const pullManifest: Handler<ManifestRoute> = async (exchange, route) => {
  const variants = await findManifests(exchange.storage, route);
  const [first, ...others] = variants;
  if (first === undefined) {
    const { repository, digest, tag } = route;
    return exchange.error('MANIFEST_UNKNOWN', `${repository} has no manifest ${digest ?? tag}`);
  }
  const { digest, mediaType, bytes } = selectVariant([first, ...others], exchange.header('Accept'));
  const headers = {
    ...contentHeaders(digest, mediaType),
    ...(route.digest === undefined ? TAG_HEADERS : {}),
  };
  if (isNotModified(exchange.header('If-None-Match'), digest)) return exchange.empty(304, headers);
  return exchange.bytes(200, headers, bytes);
};

/**
 * `DELETE /v2/<name>/manifests/<tag or digest>`: distribution-spec v1.1, "Deleting tags" and "Deleting Manifests".
 * A tag goes alone; a manifest takes its tags with it.
 */
const deleteManifest: WritingHandler<ManifestRoute> = async (exchange, route, store) => {
  const { repository, digest, tag } = route;
  const isGone =
    tag !== undefined ? await store.deleteTag(repository, tag) : await store.deleteManifest(repository, route.digest);
  if (!isGone) return exchange.error('MANIFEST_UNKNOWN', `${repository} has no manifest ${digest ?? tag}`);
  exchange.announce({
    action: 'delete',
    kind: tag === undefined ? 'manifest' : 'tag',
    repository,
    digest,
    tags: tag === undefined ? [] : [tag],
  });
  return exchange.empty(202);
};

export const manifest: Resource<ManifestRoute> = {
  GET: { needs: 'pull', handle: pullManifest },
  PUT: { needs: 'push', write: pushManifest },
  DELETE: { needs: 'delete', write: deleteManifest },
};

/** A tag moves, and what it gives depends on who asks: a cache has to come back each time. */
const TAG_HEADERS = { 'Cache-Control': 'no-cache', Vary: 'Accept' };

/** Who names a digest has made its choice: Accept does not turn it into another manifest. */
async function findManifests(storage: RegistryStorage, route: ManifestRoute): Promise<readonly StoredManifest[]> {
  if (route.tag !== undefined) return storage.resolveTag(route.repository, route.tag);
  const found = await storage.readManifest(route.repository, route.digest);
  return found === undefined ? [] : [found];
}
