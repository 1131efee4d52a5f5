/** `POST /v2/<name>/blobs/uploads/`: the three ways to begin. distribution-spec v1.1, "Pushing blobs". */
import { type Digest, isDigest, isRepositoryName } from '@quinistry/oci-image/spec';
import type { Exchange } from '../exchange.js';
import type { GuardedStore } from '../policy/guarded-store.js';
import type { UploadsRoute } from '../route.js';
import { StorageError } from '../storage/storage-error.js';
import type { Resource, WritingHandler } from './resource.js';
import { created, finishUpload, uploadHeaders } from './upload-state.js';

const beginUpload: WritingHandler<UploadsRoute> = async (exchange, { repository }, store) => {
  const { query } = exchange;
  const mount = query.get('mount');
  const digest = query.get('digest');
  for (const named of [mount, digest]) {
    if (named !== null && !isDigest(named)) return exchange.error('DIGEST_INVALID', 'the query names no digest');
  }
  const algorithm = query.get('digest-algorithm');
  if (algorithm !== null && algorithm !== 'sha256' && algorithm !== 'sha512') {
    return exchange.error('DIGEST_INVALID', 'this registry knows sha256 and sha512');
  }

  if (isDigest(mount) && (await mountBlob(exchange, store, repository, mount))) {
    return created(exchange, repository, mount);
  }
  // A mount that failed falls back to an ordinary upload, also where the query says what it will be.
  if (isDigest(digest) && mount === null) return pushWhole(exchange, store, repository, digest);

  const upload = await store.createUpload(repository, exchange.uploader);
  return exchange.empty(202, uploadHeaders(repository, upload));
};

/**
 * Takes over a blob of another repository. The caller must be allowed to read it there, or a digest, which is no secret,
 * would open everybody's layers. regctl names no source: then any that the caller may read will do.
 */
async function mountBlob(
  exchange: Exchange,
  store: GuardedStore,
  repository: string,
  digest: Digest,
): Promise<boolean> {
  const mayRead = (name: string) => exchange.identity.may('pull', name);
  const named = exchange.query.get('from');
  const from = named === null ? await store.findBlob(digest, mayRead) : named;
  if (from === undefined || !isRepositoryName(from) || !mayRead(from)) return false;
  const blob = await store.mountBlob(repository, digest, from);
  if (blob === undefined) return false;
  exchange.announce({ action: 'mount', kind: 'blob', repository, digest, tags: [], size: blob.size, from });
  return true;
}

/** All in one request. Its client never learns of a session, so whatever goes wrong leaves none behind. */
async function pushWhole(exchange: Exchange, store: GuardedStore, repository: string, digest: Digest) {
  const { body, context, uploader } = exchange;
  const { announcedBytes } = body;
  if ((announcedBytes ?? 0) > context.policy.maxBlobBytes) {
    throw new StorageError('TOO_LARGE', `a blob may have ${context.policy.maxBlobBytes} bytes`);
  }
  const { session } = await store.createUpload(repository, uploader);
  const key = { repository, session, ...uploader };
  try {
    await store.appendUpload(key, body, { announcedBytes });
    return await finishUpload(exchange, store, key, digest);
  } catch (error) {
    await store.cancelUpload(key).catch((failure) => exchange.report(failure));
    throw error;
  }
}

export const uploads: Resource<UploadsRoute> = { POST: { needs: 'push', write: beginUpload } };
