/**
 * Errors as registries report them.
 * Source: distribution-spec v1.1, "Error Codes", which gives no HTTP statuses; those are what clients have come to
 * expect. The codes after TOOMANYREQUESTS are in Docker's older API document and in use.
 */
import * as z from 'zod';
import { optional } from './wire-object.js';

export interface WireErrorKind {
  readonly description: string;
  /** The HTTP status that goes with the code, unless a handler knows a better one. */
  readonly status: number;
}

export const WIRE_ERRORS = {
  BLOB_UNKNOWN: { status: 404, description: 'this repository holds no such blob' },
  BLOB_UPLOAD_INVALID: { status: 400, description: 'the upload cannot go on' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, description: 'this repository has no such upload' },
  DIGEST_INVALID: { status: 400, description: 'the digest is malformed, or is not that of the content' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, description: 'the manifest names content that this repository does not hold' },
  MANIFEST_INVALID: { status: 400, description: 'the manifest is not valid' },
  MANIFEST_UNKNOWN: { status: 404, description: 'this repository holds no such manifest' },
  NAME_INVALID: { status: 400, description: 'the repository name is not valid' },
  NAME_UNKNOWN: { status: 404, description: 'this registry has no such repository' },
  SIZE_INVALID: { status: 400, description: 'the content is not as long as was announced' },
  UNAUTHORIZED: { status: 401, description: 'this needs a login' },
  DENIED: { status: 403, description: 'this account may not do that' },
  UNSUPPORTED: { status: 405, description: 'this registry does not do that' },
  TOOMANYREQUESTS: { status: 429, description: 'too many requests; try again later' },
  RANGE_INVALID: { status: 416, description: 'the range does not fit the content, or does not continue the upload' },
  TAG_INVALID: { status: 400, description: 'the tag is not valid' },
  PAGINATION_NUMBER_INVALID: { status: 400, description: 'the number of entries asked for is not valid' },
  UNAVAILABLE: { status: 503, description: 'this is not available now; try again later' },
  UNKNOWN: { status: 500, description: 'something went wrong in this registry' },
} as const satisfies Record<string, WireErrorKind>;

export type WireErrorCode = keyof typeof WIRE_ERRORS;

export function isWireErrorCode(code: string): code is WireErrorCode {
  return Object.hasOwn(WIRE_ERRORS, code);
}

/**
 * The body of an answer with status 4xx or 5xx, as a client reads it. Registries invent codes, so any string is one
 * here: see {@link isWireErrorCode}.
 */
export const wireErrorSchema = z.looseObject({
  errors: z.array(
    z.looseObject({
      code: z.string(),
      message: optional(z.string()),
      detail: z.unknown().optional(),
    }),
  ),
});
export type WireError = z.infer<typeof wireErrorSchema>;

export interface WireErrorEntry {
  readonly code: WireErrorCode;
  /** @defaultValue the description of `code` */
  readonly message?: string | undefined;
  /** Anything that JSON can hold. */
  readonly detail?: unknown;
}

/** The JSON text of an error answer, whose Content-Type is `application/json`. */
export function formatWireError(...errors: readonly WireErrorEntry[]): string {
  return JSON.stringify({
    errors: errors.map(({ code, message, detail }) => ({
      code,
      message: message ?? WIRE_ERRORS[code].description,
      detail,
    })),
  });
}
