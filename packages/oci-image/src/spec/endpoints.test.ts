import { describe, expect, it } from 'vitest';
import { parseDigest } from './digest.js';
import {
  BASE_PATH,
  blobPath,
  CATALOG_PATH,
  manifestPath,
  referrersPath,
  tagListPath,
  uploadPath,
  uploadsPath,
} from './endpoints.js';

const digest = parseDigest(`sha256:${'0'.repeat(64)}`);

describe('endpoint paths', () => {
  it.each([
    [BASE_PATH, '/v2/'],
    [CATALOG_PATH, '/v2/_catalog'],
    [blobPath('a/b', digest), `/v2/a/b/blobs/${digest}`],
    [manifestPath('a/b', 'latest'), '/v2/a/b/manifests/latest'],
    [manifestPath('a/b', digest), `/v2/a/b/manifests/${digest}`],
    [uploadsPath('a/b'), '/v2/a/b/blobs/uploads/'],
    [uploadPath('a/b', 'x/../y?z'), '/v2/a/b/blobs/uploads/x%2F..%2Fy%3Fz'],
    [tagListPath('a/b'), '/v2/a/b/tags/list'],
    [referrersPath('a/b', digest), `/v2/a/b/referrers/${digest}`],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });
});
