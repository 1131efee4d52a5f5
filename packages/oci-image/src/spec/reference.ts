/**
 * References: where an image is, as people write it.
 * Sources: the grammar of github.com/distribution/reference; distribution-spec v1.1, "Pulling manifests", on names and tags.
 */
import * as z from 'zod';
import { InvalidValueError } from '../errors.js';
import { type Digest, isDigest } from './digest.js';

/** Neither tag nor digest: the caller decides what that means; engines take `latest`. With both, the digest counts. */
export interface Reference {
  /** Host and port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path within the registry: `library/ubuntu`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The name that Docker Hub goes by in references. Its API is at `registry-1.docker.io`. */
export const DOCKER_HUB = 'docker.io';

/** Docker Hub's older name, which its credentials are still filed under. */
const DOCKER_INDEX = 'index.docker.io';

/** The namespace of Docker Hub's images with one-word names. */
const OFFICIAL_NAMESPACE = 'library/';

export const DEFAULT_TAG = 'latest';

/** A limit of clients, Docker's among them; the specification warns of it. */
export const MAX_REPOSITORY_NAME_CHARACTERS = 255;

export const MAX_TAG_CHARACTERS = 128;

/** RFC 1035, section 2.3.4, without the dots of the wire format. */
const MAX_HOST_CHARACTERS = 253;

const REPOSITORY_NAME_PATTERN = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

const TAG_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

const REGISTRY_PATTERN =
  /^(?:([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)|\[([0-9A-Fa-f:]+)\])(?::([0-9]{1,5}))?$/;

const EXPECTED = {
  reference: 'a reference: [registry/]repository[:tag][@digest]',
  registry: 'a reference: its registry is no host name, IPv4 address or [IPv6 address], with or without a port',
  repository: `a reference: its repository is not made of lower-case words, joined by one of . _ __ - and /, of at most ${MAX_REPOSITORY_NAME_CHARACTERS} characters`,
  tag: `a reference: its tag is not made of 1 to ${MAX_TAG_CHARACTERS} letters, digits and _ . - with a letter, digit or _ in front`,
  digest: 'a reference: its digest is not sha256: and 64, or sha512: and 128, lower-case hex digits',
  identifier: 'a reference: 64 hex digits alone are the ID of an image',
} as const;

export function isRepositoryName(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= MAX_REPOSITORY_NAME_CHARACTERS && REPOSITORY_NAME_PATTERN.test(value)
  );
}

export const repositoryNameSchema = z.string().refine(isRepositoryName, 'expected a repository name: lower-case words');

export function isTag(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TAG_CHARACTERS && TAG_PATTERN.test(value);
}

export const tagSchema = z.string().refine(isTag, 'expected a tag: letters, digits and _ . -');

/**
 * Reads a reference, with Docker Hub's short names: `ubuntu` is `docker.io/library/ubuntu`, `me/app` is
 * `docker.io/me/app`. What stands before the first slash is a registry if it is `localhost`, or has a dot, a colon or
 * an upper-case letter. No tag is added.
 *
 * @throws {InvalidValueError} `REFERENCE_INVALID`
 */
export function parseReference(text: string): Reference {
  const refuse = (part: keyof typeof EXPECTED) => new InvalidValueError('REFERENCE_INVALID', text, EXPECTED[part]);
  if (typeof text !== 'string') throw refuse('reference'); // an argument of a command line that was not given
  if (/^[0-9a-f]{64}$/.test(text)) throw refuse('identifier');

  const [named, digest] = cut(text, text.indexOf('@'));
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const isRegistry = first === 'localhost' || /[.:A-Z]/.test(first);
  const registry = !isRegistry || first === DOCKER_INDEX ? DOCKER_HUB : first;
  const path = isRegistry ? named.slice(slash + 1) : named;
  const [name, tag] = cut(path, path.indexOf(':'));
  const repository = registry === DOCKER_HUB && !name.includes('/') ? OFFICIAL_NAMESPACE + name : name;

  if (name === '') throw refuse('reference');
  if (!isRegistryName(registry)) throw refuse('registry');
  if (!isRepositoryName(repository)) throw refuse('repository');
  if (tag !== undefined && !isTag(tag)) throw refuse('tag');
  if (digest !== undefined && !isDigest(digest)) throw refuse('digest');
  return { registry, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The full form, which {@link parseReference} reads back as the same reference. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${formatSuffix(reference)}`;
}

/** The shortest form that means the same, as engines show it: `ubuntu:24.04` for `docker.io/library/ubuntu:24.04`. */
export function familiarReference(reference: Reference): string {
  const full = formatReference(reference);
  if (reference.registry !== DOCKER_HUB) return full;
  const { repository } = reference;
  const name = repository.startsWith(OFFICIAL_NAMESPACE) ? repository.slice(OFFICIAL_NAMESPACE.length) : repository;
  // A namespace with a dot, or 64 hex digits, would be read as something else: those keep a longer form.
  const short = [name, repository].map((path) => path + formatSuffix(reference));
  return short.find((text) => meansSame(text, full)) ?? full;
}

function formatSuffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function meansSame(text: string, full: string): boolean {
  try {
    return formatReference(parseReference(text)) === full;
  } catch {
    return false;
  }
}

function isRegistryName(text: string): boolean {
  const match = REGISTRY_PATTERN.exec(text);
  if (match === null) return false;
  const [, host, ipv6, port] = match;
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65_535)) return false;
  return ipv6 === undefined ? (host ?? '').length <= MAX_HOST_CHARACTERS : z.ipv6().safeParse(ipv6).success;
}

/** What stands before and after the character at `index`; the second is `undefined` where `index` is -1. */
function cut(text: string, index: number): [string, string | undefined] {
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
