import { isConfigMediaType, isLayerMediaType } from '@quinistry/oci-image/spec';
import { formatContentRange, selectRange } from '../http/byte-range.js';
import { contentHeaders } from '../http/content-headers.js';
import { isNotModified, isRangeCurrent } from '../http/entity-tag.js';
import type { ResponseKind } from '../response-event.js';
import type { BlobRoute } from '../route.js';
import type { Handler, Resource, WritingHandler } from './resource.js';

/**
 * `GET` and `HEAD /v2/<name>/blobs/<digest>`: distribution-spec v1.1, "Pulling blobs".
 *
 * A store's own media type stays out of the answer. The manifest says what a blob is; the registry says that it is bytes.
 */
const pullBlob: Handler<BlobRoute> = async (exchange, { repository, digest }) => {
  const { storage } = exchange;
  const found = await storage.statBlob(repository, digest);
  if (found === undefined) return exchange.error('BLOB_UNKNOWN', `${repository} has no blob ${digest}`);
  const { size, mediaType } = found;
  exchange.narrow(kindOf(mediaType));

  const headers = { ...contentHeaders(digest, 'application/octet-stream'), 'Accept-Ranges': 'bytes' };
  if (isNotModified(exchange.header('If-None-Match'), digest)) return exchange.empty(304, headers);

  // Range means something to a GET alone (RFC 9110, section 14.2): a HEAD tells of the whole.
  const heeded = exchange.method === 'GET' && isRangeCurrent(exchange.header('If-Range'), digest);
  const range = heeded ? selectRange(exchange.header('Range'), size) : 'whole';
  if (range === 'unsatisfiable') {
    return exchange.error('RANGE_INVALID', `the blob has ${size} bytes`, {
      headers: { 'Content-Range': `bytes */${size}` },
    });
  }
  if (range === 'whole') {
    return exchange.stream(200, headers, size, (options) => storage.openBlob(repository, digest, options));
  }
  const partHeaders = { ...headers, 'Content-Range': formatContentRange(range, size) };
  return exchange.stream(206, partHeaders, range.end - range.start, (options) =>
    storage.openBlob(repository, digest, { ...options, range }),
  );
};

/** `DELETE /v2/<name>/blobs/<digest>`: distribution-spec v1.1, "Deleting Blobs". It takes no heed of who names the blob. */
const deleteBlob: WritingHandler<BlobRoute> = async (exchange, { repository, digest }, store) => {
  if (!(await store.deleteBlob(repository, digest))) {
    return exchange.error('BLOB_UNKNOWN', `${repository} has no blob ${digest}`);
  }
  exchange.announce({ action: 'delete', kind: 'blob', repository, digest, tags: [] });
  return exchange.empty(202);
};

export const blob: Resource<BlobRoute> = {
  GET: { needs: 'pull', handle: pullBlob },
  DELETE: { needs: 'delete', write: deleteBlob },
};

function kindOf(mediaType: string | undefined): ResponseKind {
  if (mediaType === undefined) return 'blob';
  if (isConfigMediaType(mediaType)) return 'config';
  return isLayerMediaType(mediaType) ? 'layer' : 'blob';
}
