/**
 * `/v2/<name>/blobs/uploads/<session>`: where the bytes of a push go. distribution-spec v1.1, "Pushing blobs".
 *
 * What came is kept, whatever becomes of the request: a client whose connection broke asks with GET how far it got, and
 * goes on from there.
 */
import { isDigest } from '@quinistry/oci-image/spec';
import type { Exchange } from '../exchange.js';
import { type ChunkRange, parseChunkRange } from '../http/upload-range.js';
import type { GuardedStore, UploadKey } from '../policy/guarded-store.js';
import type { UploadRoute } from '../route.js';
import type { Upload } from '../storage/registry-store.js';
import { StorageError } from '../storage/storage-error.js';
import { RequestError, refuse } from './refusal.js';
import type { Resource, WritingHandler } from './resource.js';
import { finishUpload, uploadHeaders } from './upload-state.js';

/** Answers a request to a session that exists. */
type SessionHandler = (exchange: Exchange, key: UploadKey, store: GuardedStore, upload: Upload) => Promise<Response>;

/** A session that was guessed, has ended, or is another repository's or another account's is simply not there. */
function onSession(handle: SessionHandler): WritingHandler<UploadRoute> {
  return async (exchange, { repository, session }, store) => {
    const key = { repository, session, ...exchange.uploader };
    const upload = await store.statUpload(key);
    if (upload === undefined) return exchange.error('BLOB_UPLOAD_UNKNOWN', `${repository} has no such upload`);
    try {
      return await handle(exchange, key, store, upload);
    } catch (error) {
      // regctl and the conformance suite go on from where a refusal says that the session is.
      const current = await store.statUpload(key).catch(() => undefined);
      return refuse(exchange, error, current && uploadHeaders(repository, current));
    }
  };
}

/** `GET`: how far it is. Clients ask at the Location of a request that failed, where `?digest=` may still stand. */
const tellUpload: SessionHandler = async (exchange, { repository }, _store, upload) =>
  exchange.empty(204, uploadHeaders(repository, upload));

/** `PATCH`: a chunk, whose place Content-Range tells; or the rest of the bytes, as docker and podman send it. */
const appendChunk: SessionHandler = async (exchange, key, store, upload) => {
  const now = await append(exchange, key, store, upload);
  return exchange.empty(202, uploadHeaders(key.repository, now));
};

/** `PUT`: the end, with or without a last chunk. */
const sealUpload: SessionHandler = async (exchange, key, store, upload) => {
  const digest = exchange.query.get('digest');
  // Judged before a byte is read: the session goes on, and takes a better request.
  if (!isDigest(digest)) throw new RequestError('DIGEST_INVALID', 'the query names no digest');
  await append(exchange, key, store, upload);
  return finishUpload(exchange, store, key, digest);
};

const cancelUpload: SessionHandler = async (exchange, key, store) => {
  if (await store.cancelUpload(key)) return exchange.empty(204);
  return exchange.error('BLOB_UPLOAD_UNKNOWN', `${key.repository} has no such upload`);
};

export const upload: Resource<UploadRoute> = {
  GET: { needs: 'push', write: onSession(tellUpload) },
  PATCH: { needs: 'push', write: onSession(appendChunk) },
  PUT: { needs: 'push', write: onSession(sealUpload) },
  DELETE: { needs: 'push', write: onSession(cancelUpload) },
};

/** @throws {StorageError} where the chunk is announced for another place, or with another length than it has. */
async function append(exchange: Exchange, key: UploadKey, store: GuardedStore, upload: Upload): Promise<Upload> {
  const { size } = upload;
  const { body, context } = exchange;
  const { announcedBytes } = body;
  const range = chunkRange(exchange, size);
  if (announcedBytes === 0) return upload; // the usual end: docker and podman send all before it
  const { maxBlobBytes } = context.policy;
  if (size + (announcedBytes ?? 0) > maxBlobBytes) {
    throw new StorageError('TOO_LARGE', `a blob may have ${maxBlobBytes} bytes`, { size });
  }
  const now = await store.appendUpload(key, body, { offset: range?.first, announcedBytes });
  if (range !== undefined && now.size !== range.last + 1) throw wrongLength(range, body.received);
  return now;
}

/** @returns `undefined` where the bytes go to the end, wherever that is. */
function chunkRange(exchange: Exchange, size: number): ChunkRange | undefined {
  const header = exchange.header('Content-Range');
  if (header === null) return undefined;
  const range = parseChunkRange(header);
  if (range === undefined) throw new StorageError('OFFSET_MISMATCH', 'Content-Range is no range', { size });
  if (range.first !== size) {
    throw new StorageError('OFFSET_MISMATCH', `the upload has ${size} bytes, and goes on from there`, { size });
  }
  const { announcedBytes } = exchange.body;
  if (announcedBytes !== undefined && announcedBytes !== range.last - range.first + 1) {
    throw wrongLength(range, announcedBytes);
  }
  return range;
}

function wrongLength({ first, last }: ChunkRange, bytes: number): RequestError {
  return new RequestError('SIZE_INVALID', `Content-Range ${first}-${last} does not go with ${bytes} bytes`);
}
