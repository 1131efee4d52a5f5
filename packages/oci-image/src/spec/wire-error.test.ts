import { describe, expect, it } from 'vitest';
import { parseDocument } from './document.js';
import { formatWireError, isWireErrorCode, WIRE_ERRORS, wireErrorSchema } from './wire-error.js';

describe('WIRE_ERRORS', () => {
  it('holds every code of distribution-spec v1.1', () => {
    const specified = [
      'BLOB_UNKNOWN',
      'BLOB_UPLOAD_INVALID',
      'BLOB_UPLOAD_UNKNOWN',
      'DIGEST_INVALID',
      'MANIFEST_BLOB_UNKNOWN',
      'MANIFEST_INVALID',
      'MANIFEST_UNKNOWN',
      'NAME_INVALID',
      'NAME_UNKNOWN',
      'SIZE_INVALID',
      'UNAUTHORIZED',
      'DENIED',
      'UNSUPPORTED',
      'TOOMANYREQUESTS',
    ];
    expect(Object.keys(WIRE_ERRORS)).toEqual(expect.arrayContaining(specified));
  });

  it('has only codes of upper-case letters and underscores, and statuses of errors', () => {
    for (const [code, { status }] of Object.entries(WIRE_ERRORS)) {
      expect(code).toMatch(/^[A-Z_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('formatWireError', () => {
  it('prints what wireErrorSchema reads', () => {
    const text = formatWireError(
      { code: 'NAME_UNKNOWN', message: 'no a/b', detail: { name: 'a/b' } },
      { code: 'DENIED' },
    );
    expect(parseDocument(wireErrorSchema, 'error', text)).toEqual({
      errors: [
        { code: 'NAME_UNKNOWN', message: 'no a/b', detail: { name: 'a/b' } },
        { code: 'DENIED', message: WIRE_ERRORS.DENIED.description },
      ],
    });
  });
});

describe('wireErrorSchema', () => {
  it.each([
    { errors: [] },
    { errors: [{ code: 'QUOTA_EXCEEDED', message: 'full', detail: null, 'x-vendor': 1 }] },
    { errors: [{ code: 'UNKNOWN' }], traceId: 'abc' },
  ])('reads %j', (value) => {
    expect(wireErrorSchema.parse(value)).toEqual(value);
  });

  it.each([null, [], {}, { errors: {} }, { errors: [{}] }, { errors: [{ code: 404 }] }, { errors: ['DENIED'] }])(
    'refuses %j',
    (value) => {
      expect(wireErrorSchema.safeParse(value).success).toBe(false);
    },
  );
});

describe('isWireErrorCode', () => {
  it('knows the listed codes, and not the keys of Object.prototype', () => {
    expect(isWireErrorCode('DENIED')).toBe(true);
    expect(isWireErrorCode('QUOTA_EXCEEDED')).toBe(false);
    expect(isWireErrorCode('constructor')).toBe(false);
  });
});
