import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectVariant } from './accept.js';

const DOCKER = { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' };
const OCI = { mediaType: 'application/vnd.oci.image.manifest.v1+json' };
const VARIANTS = [DOCKER, OCI] as const;

const select = (accept: string | null) => selectVariant([...VARIANTS], accept);

describe('selectVariant', () => {
  it.each([
    null,
    '',
    '*/*',
    'application/*',
    'application/json',
    'text/html;q=0.9',
    OCI.mediaType.replace('v1', 'v9'),
    `${OCI.mediaType};q=0`,
    `${DOCKER.mediaType}, ${OCI.mediaType}`,
    `${OCI.mediaType}, ${DOCKER.mediaType}`,
    `${OCI.mediaType}, */*`,
    `${OCI.mediaType};q=0.4,${DOCKER.mediaType};q=0.5`,
  ])('gives the default for %s', (accept) => {
    expect(select(accept)).toBe(DOCKER);
  });

  it.each([
    OCI.mediaType,
    OCI.mediaType.toUpperCase(),
    `application/vnd.oci.image.index.v1+json, ${OCI.mediaType}`,
    `${OCI.mediaType} ; q=1.0 , ${DOCKER.mediaType};q=0.5`,
    `${OCI.mediaType}, */*;q=0.1`,
    `*/*, ${DOCKER.mediaType};q=0`,
    `application/*;q=0.5, ${DOCKER.mediaType};q=0.2`,
    `${OCI.mediaType};q=nonsense, ${DOCKER.mediaType};q=0.9`,
  ])('gives the OCI manifest for %s', (accept) => {
    expect(select(accept)).toBe(OCI);
  });

  it('gives the only one there is, whatever is asked for', () => {
    expect(selectVariant([OCI], DOCKER.mediaType)).toBe(OCI);
  });

  it('gives one of the variants for any header', () => {
    fc.assert(fc.property(fc.string(), (accept) => VARIANTS.some((variant) => variant === select(accept))));
  });
});
