/**
 * What a request asks about, read from the raw request target. Nothing else in the registry looks at paths, so a name that
 * reaches a store has passed the grammar here.
 * Source: distribution-spec v1.1, "Endpoints".
 */
import {
  BASE_PATH,
  CATALOG_PATH,
  type Digest,
  isDigest,
  isRepositoryName,
  isTag,
  type WireErrorCode,
} from '@quinistry/oci-image/spec';

export interface TagsRoute {
  readonly kind: 'tags';
  readonly repository: string;
}

/** Exactly one of `tag` and `digest` is there. */
export type ManifestRoute = { readonly kind: 'manifest'; readonly repository: string } & (
  | { readonly tag: string; readonly digest?: undefined }
  | { readonly digest: Digest; readonly tag?: undefined }
);

export interface BlobRoute {
  readonly kind: 'blob';
  readonly repository: string;
  readonly digest: Digest;
}

export interface ReferrersRoute {
  readonly kind: 'referrers';
  readonly repository: string;
  readonly digest: Digest;
}

export interface UploadsRoute {
  readonly kind: 'uploads';
  readonly repository: string;
}

export interface UploadRoute {
  readonly kind: 'upload';
  readonly repository: string;
  /** As it stood in the path; only the store that gave it out can tell what it is worth. */
  readonly session: string;
}

export type Route =
  | { readonly kind: 'root' | 'base' | 'catalog' }
  | TagsRoute
  | ManifestRoute
  | BlobRoute
  | ReferrersRoute
  | UploadsRoute
  | UploadRoute;

/** A target that names nothing. `status` is there where it is not the usual one of `code`. */
export interface InvalidRoute {
  readonly kind: 'invalid';
  readonly code: WireErrorCode;
  readonly message: string;
  readonly status?: number;
}

/** @param target - path and query, raw: not decoded, not folded. */
export function parseRoute(target: string): Route | InvalidRoute {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  switch (path) {
    case '/':
      return { kind: 'root' };
    // The slash is part of the specification's path; who types it by hand leaves it out.
    case '/v2':
    case BASE_PATH:
      return { kind: 'base' };
    case CATALOG_PATH:
      return { kind: 'catalog' };
    default:
      return path.startsWith(BASE_PATH) ? parseRepositoryPath(path.slice(BASE_PATH.length)) : UNKNOWN_ENDPOINT;
  }
}

const UNKNOWN_ENDPOINT: InvalidRoute = {
  kind: 'invalid',
  code: 'UNSUPPORTED',
  message: 'a registry has no such endpoint',
  status: 404,
};

const UPLOAD_PATTERN = /^(.+)\/blobs\/uploads(?:\/([^/]*))?$/;
const TAGS_PATTERN = /^(.+)\/tags\/list$/;
/** No name and no tag has a colon, so what follows one of these words and has one was meant as a digest, slashes and all. */
const DIGEST_PATTERN = /^([^:]+)\/(manifests|blobs|referrers)\/([^/:]*:.*)$/;
const NAMED_PATTERN = /^(.+)\/(manifests|blobs|referrers)\/([^/]+)$/;

/**
 * The words of an endpoint may be parts of a repository's name as well: `a/manifests/b/tags/list` are the tags of
 * `a/manifests/b`. So the end of the path decides, and the name is what is left in front.
 *
 * Nothing is decoded but the colon of a digest, which `encodeURIComponent` escapes. Names and tags have no character that
 * needs escaping, and decoding would give `%2e%2e` and `%2f` a meaning.
 */
function parseRepositoryPath(escaped: string): Route | InvalidRoute {
  const path = escaped.replace(/%3a/gi, ':');

  const upload = UPLOAD_PATTERN.exec(path);
  if (upload !== null) {
    const [, repository = '', session = ''] = upload;
    return named(
      repository,
      session === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, session },
    );
  }
  const tags = TAGS_PATTERN.exec(path);
  if (tags !== null) {
    const [, repository = ''] = tags;
    return named(repository, { kind: 'tags', repository });
  }
  const content = DIGEST_PATTERN.exec(path) ?? NAMED_PATTERN.exec(path);
  if (content === null) return UNKNOWN_ENDPOINT;
  const [, repository = '', word, reference = ''] = content;
  return named(repository, parseReferenceTo(word, repository, reference));
}

function named(repository: string, route: Route | InvalidRoute): Route | InvalidRoute {
  if (isRepositoryName(repository)) return route;
  return { kind: 'invalid', code: 'NAME_INVALID', message: 'a repository name is made of lower-case words' };
}

function parseReferenceTo(word: string | undefined, repository: string, reference: string): Route | InvalidRoute {
  if (word === 'manifests' && isTag(reference)) return { kind: 'manifest', repository, tag: reference };
  if (isDigest(reference)) {
    if (word === 'manifests') return { kind: 'manifest', repository, digest: reference };
    return { kind: word === 'blobs' ? 'blob' : 'referrers', repository, digest: reference };
  }
  if (word === 'manifests' && !reference.includes(':')) {
    // Clients, and the conformance suite, take 404 for "not there"; what cannot be a tag is not there.
    return { kind: 'invalid', code: 'MANIFEST_UNKNOWN', message: 'there is no manifest by what cannot be a tag' };
  }
  return {
    kind: 'invalid',
    code: 'DIGEST_INVALID',
    message: 'a digest is sha256: and 64, or sha512: and 128, lower-case hex digits',
  };
}
