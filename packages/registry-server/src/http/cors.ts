/**
 * Leave for browsers to let scripts from elsewhere talk to the registry.
 * Source: the Fetch standard, "CORS protocol".
 */

export interface CorsOptions {
  /** `https://ui.example.org`, without a path; or `*` for every origin. */
  readonly origins: readonly string[];
}

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const REQUEST_HEADERS = 'Accept, Authorization, Content-Range, Content-Type, If-None-Match, Range, X-Request-Id';
/** What a script may read beyond the few headers that it always may. */
const RESPONSE_HEADERS = [
  'Accept-Ranges',
  'Content-Range',
  'Docker-Content-Digest',
  'Docker-Distribution-API-Version',
  'Docker-Upload-UUID',
  'ETag',
  'Link',
  'Location',
  'OCI-Chunk-Min-Length',
  'OCI-Filters-Applied',
  'OCI-Subject',
  'OCI-Tag',
  'Range',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');

/** Seconds that a browser may remember a preflight; Chromium's own bound. */
const PREFLIGHT_MAX_AGE = '7200';

/**
 * The headers of the answer to a request from `origin`.
 *
 * Credentials that a browser keeps by itself are let through for origins that are named, never for `*`: any page on the
 * web would act for whoever looks at it. A script that sets Authorization itself needs no such leave.
 *
 * @param origin - the value of Origin; `null` where there is none.
 */
export function corsHeaders(
  { origins }: CorsOptions,
  origin: string | null,
  isPreflight: boolean,
): Readonly<Record<string, string>> {
  const isNamed = origin !== null && origin !== 'null' && origins.includes(origin);
  const isAny = origins.includes('*');
  // A cache must not give an answer for one origin, or for none, to another.
  const vary = origins.every((entry) => entry === '*') ? {} : { Vary: 'Origin' };
  if (origin === null || !(isNamed || isAny)) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': isNamed ? origin : '*',
    ...(isNamed && { 'Access-Control-Allow-Credentials': 'true' }),
    ...(isPreflight
      ? {
          'Access-Control-Allow-Methods': METHODS,
          'Access-Control-Allow-Headers': REQUEST_HEADERS,
          'Access-Control-Max-Age': PREFLIGHT_MAX_AGE,
        }
      : { 'Access-Control-Expose-Headers': RESPONSE_HEADERS }),
  };
}
