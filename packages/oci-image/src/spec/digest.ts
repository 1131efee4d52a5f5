/**
 * Digests: the name of a blob, computed from its bytes.
 * Source: image-spec v1.1, descriptor.md, "Digests" and "Registered Algorithms".
 */
import * as z from 'zod';
import { InvalidValueError } from '../errors.js';

export type DigestAlgorithm = 'sha256' | 'sha512';

declare const digestBrand: unique symbol;

/** `sha256:<64 lower-case hex digits>` or `sha512:<128 of them>`; only `parseDigest` and its kin make one. */
export type Digest = `${DigestAlgorithm}:${string}` & { readonly [digestBrand]: true };

/** The two algorithms whose encoding the specification fixes; anything else could not be verified, so it is refused. */
const DIGEST_PATTERN = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

const EXPECTED_DIGEST = 'a digest: sha256: and 64, or sha512: and 128, lower-case hex digits';

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST_PATTERN.test(value);
}

export const digestSchema = z.custom<Digest>(isDigest, `expected ${EXPECTED_DIGEST}`);

/** @throws {InvalidValueError} `DIGEST_INVALID` */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new InvalidValueError('DIGEST_INVALID', text, EXPECTED_DIGEST);
  return text;
}

/**
 * @param hex - lower case, as long as the algorithm's output.
 * @throws {InvalidValueError} `DIGEST_INVALID`
 */
export function formatDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  return parseDigest(`${algorithm}:${hex}`);
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The part after the colon, which the specification calls `encoded`. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
