/** What stores and the policy refuse, in the words of the protocol. */
import { DocumentError } from '@quinistry/oci-image';
import type { WireErrorCode } from '@quinistry/oci-image/spec';
import type { Exchange, ResponseHeaders } from '../exchange.js';
import { PolicyError, type PolicyErrorCode } from '../policy/policy-error.js';
import { StorageError, type StorageErrorCode } from '../storage/storage-error.js';

/** A request that contradicts itself, whatever the store holds. Its status is the usual one of `code`. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

interface Kind {
  readonly code: WireErrorCode;
  readonly status: number;
  readonly headers?: ResponseHeaders;
}

/** Seconds. An upload that is written to by a request whose client is gone is free again when that has been noticed. */
const RETRY_SOON = { 'Retry-After': '1' };

/**
 * The statuses are those that clients do the right thing with. They repeat a request after 429 and 5xx, so a quota, which
 * waiting does not change, is a 403; a full disk may have room later. regctl reads Location and Range of any 4xx about
 * an upload and goes on from there, and so a session that is busy gets 409 with both.
 */
const STORAGE_KINDS: Readonly<Record<StorageErrorCode, Kind>> = {
  UPLOAD_UNKNOWN: { code: 'BLOB_UPLOAD_UNKNOWN', status: 404 },
  UPLOAD_BUSY: { code: 'BLOB_UPLOAD_INVALID', status: 409, headers: RETRY_SOON },
  OFFSET_MISMATCH: { code: 'RANGE_INVALID', status: 416 },
  DIGEST_MISMATCH: { code: 'DIGEST_INVALID', status: 400 },
  TOO_LARGE: { code: 'SIZE_INVALID', status: 413 },
  REFERENCE_UNKNOWN: { code: 'MANIFEST_BLOB_UNKNOWN', status: 400 },
  NO_SPACE: { code: 'UNAVAILABLE', status: 507 },
  NAME_UNAVAILABLE: { code: 'NAME_INVALID', status: 400 },
  READ_ONLY: { code: 'DENIED', status: 403 },
};

const POLICY_KINDS: Readonly<Record<PolicyErrorCode, Kind>> = {
  DELETES_OFF: { code: 'UNSUPPORTED', status: 405 },
  TAG_IMMUTABLE: { code: 'DENIED', status: 403 },
  QUOTA_EXCEEDED: { code: 'DENIED', status: 403 },
  TOO_MANY_UPLOADS: { code: 'TOOMANYREQUESTS', status: 429, headers: { 'Retry-After': '10' } },
};

/** Names that a client is told of at once; an index could name thousands. */
const MAX_MISSING = 100;

/** @param headers - what the answer says beside the error: where an upload is. */
export function refuse(exchange: Exchange, error: unknown, headers: ResponseHeaders = {}): Response {
  if (exchange.body.broken) {
    // Nobody reads this. It is no failure of the registry's, and must not look like one in the log.
    return exchange.error('BLOB_UPLOAD_INVALID', 'the connection broke off', { headers });
  }
  if (error instanceof StorageError) {
    const kind = STORAGE_KINDS[error.code];
    if (kind.status >= 500) exchange.report(error);
    const names = error.code === 'REFERENCE_UNKNOWN' ? error.missing.slice(0, MAX_MISSING) : [];
    const entries = names.map((digest) => ({ code: kind.code, message: `${digest} is missing`, detail: { digest } }));
    // What a store says of its own troubles may name folders of this machine: that is for the operator.
    const message = kind.status >= 500 ? 'the registry has no room left' : error.message;
    const told = entries.length > 0 ? entries : [{ code: kind.code, message }];
    return exchange.errors(kind.status, told, { ...kind.headers, ...headers });
  }
  if (error instanceof RequestError) return exchange.error(error.code, error.message, { headers });
  if (error instanceof PolicyError) {
    const kind = POLICY_KINDS[error.code];
    return exchange.error(kind.code, error.message, { status: kind.status, headers: { ...kind.headers, ...headers } });
  }
  if (error instanceof DocumentError) {
    const detail = error.issues.slice(0, MAX_MISSING);
    return exchange.errors(400, [{ code: 'MANIFEST_INVALID', message: error.message, detail }]);
  }
  return exchange.failure(error);
}
