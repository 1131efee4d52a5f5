import { parseDigest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { formatEntityTag, isNotModified, isRangeCurrent } from './entity-tag.js';

const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`);
const OTHER = parseDigest(`sha256:${'b'.repeat(64)}`);

describe('formatEntityTag', () => {
  it('puts the digest in quotes', () => {
    expect(formatEntityTag(DIGEST)).toBe(`"${DIGEST}"`);
  });
});

describe('isNotModified', () => {
  it.each([`"${DIGEST}"`, `W/"${DIGEST}"`, DIGEST, `"${OTHER}", "${DIGEST}"`, '*'])('recognises %s', (header) => {
    expect(isNotModified(header, DIGEST)).toBe(true);
  });

  it.each([null, '', `"${OTHER}"`, `"${DIGEST}`, `"x${DIGEST}"`])('does not recognise %s', (header) => {
    expect(isNotModified(header, DIGEST)).toBe(false);
  });
});

describe('isRangeCurrent', () => {
  it.each([null, `"${DIGEST}"`])('heeds the range for %s', (header) => {
    expect(isRangeCurrent(header, DIGEST)).toBe(true);
  });

  it.each([`"${OTHER}"`, `W/"${DIGEST}"`, 'Wed, 21 Oct 2015 07:28:00 GMT', ''])(
    'ignores the range for %s',
    (header) => {
      expect(isRangeCurrent(header, DIGEST)).toBe(false);
    },
  );
});
