import {
  blobPath,
  manifestPath,
  parseDigest,
  referrersPath,
  tagListPath,
  uploadPath,
  uploadsPath,
} from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRoute } from './route.js';

const SHA256 = parseDigest(`sha256:${'a'.repeat(64)}`);
const SHA512 = parseDigest(`sha512:${'0'.repeat(128)}`);
const NAMES = [
  'quinistry',
  'a/b',
  'a/manifests/b',
  'tags/list',
  'blobs/uploads',
  'a/referrers',
  'v2/v2',
  'x'.repeat(255),
];

describe('parseRoute', () => {
  it.each([
    ['/', 'root'],
    ['/?n=1', 'root'],
    ['/v2', 'base'],
    ['/v2/', 'base'],
    ['/v2/?ns=docker.io', 'base'],
    ['/v2/_catalog', 'catalog'],
    ['/v2/_catalog?n=10&last=a', 'catalog'],
  ])('reads %s as %s', (target, kind) => {
    expect(parseRoute(target)).toEqual({ kind });
  });

  it.each(NAMES)('reads every endpoint of the repository %s', (repository) => {
    expect(parseRoute(tagListPath(repository))).toEqual({ kind: 'tags', repository });
    expect(parseRoute(uploadsPath(repository))).toEqual({ kind: 'uploads', repository });
    expect(parseRoute(uploadPath(repository, 'x-1'))).toEqual({ kind: 'upload', repository, session: 'x-1' });
    expect(parseRoute(manifestPath(repository, 'uploads'))).toEqual({ kind: 'manifest', repository, tag: 'uploads' });
    for (const digest of [SHA256, SHA512]) {
      expect(parseRoute(manifestPath(repository, digest))).toEqual({ kind: 'manifest', repository, digest });
      expect(parseRoute(blobPath(repository, digest))).toEqual({ kind: 'blob', repository, digest });
      expect(parseRoute(referrersPath(repository, digest))).toEqual({ kind: 'referrers', repository, digest });
    }
  });

  it('reads an upload address without its last slash', () => {
    expect(parseRoute('/v2/a/blobs/uploads?mount=x')).toEqual({ kind: 'uploads', repository: 'a' });
  });

  it('reads a digest whose colon is escaped', () => {
    const target = `/v2/a/blobs/${encodeURIComponent(SHA256)}`;
    expect(parseRoute(target)).toEqual({ kind: 'blob', repository: 'a', digest: SHA256 });
  });

  it.each([
    ['..', '/v2/../manifests/latest'],
    ['.. inside', '/v2/a/../b/manifests/latest'],
    ['%2e%2e', '/v2/%2e%2e/%2E%2E/etc/manifests/latest'],
    ['%2f', '/v2/a%2fb/manifests/latest'],
    ['a backslash', '/v2/a\\b/manifests/latest'],
    ['NUL', '/v2/a%00/manifests/latest'],
    ['upper case', '/v2/A/manifests/latest'],
    ['256 characters', `/v2/${'x'.repeat(256)}/manifests/latest`],
    ['an empty component', '/v2/a//b/tags/list'],
    ['a leading slash', '/v2//a/tags/list'],
    ['a fragment', '/v2/a#b/tags/list'],
    ['a colon', `/v2/a:b/tags/list`],
    ['an escaped colon', `/v2/a%3ab/tags/list`],
    ['a space', '/v2/a b/blobs/uploads/'],
  ])('refuses a name with %s as NAME_INVALID', (_, target) => {
    expect(parseRoute(target)).toMatchObject({ kind: 'invalid', code: 'NAME_INVALID' });
  });

  it.each(['manifests', 'blobs', 'referrers'])('refuses malformed digests of %s as DIGEST_INVALID', (word) => {
    const digests = [
      'sha256:../x',
      'sha256:../../../etc/passwd',
      'sha256:',
      'sha256:abc',
      `sha256:${'A'.repeat(64)}`,
      `sha256:${'a'.repeat(65)}`,
      `sha512:${'a'.repeat(64)}`,
      `md5:${'a'.repeat(32)}`,
      `:${'a'.repeat(64)}`,
      `${SHA256}:1`,
      `${SHA256}/x`,
    ];
    for (const digest of digests) {
      expect(parseRoute(`/v2/a/${word}/${digest}`), digest).toMatchObject({ kind: 'invalid', code: 'DIGEST_INVALID' });
    }
  });

  it('refuses a blob that is not named by a digest', () => {
    expect(parseRoute('/v2/a/blobs/latest')).toMatchObject({ kind: 'invalid', code: 'DIGEST_INVALID' });
  });

  it.each(['.INVALID', '-x', 'a%0d%0ab', 'x'.repeat(129), '..', 'a b'])('knows no manifest by the tag %s', (tag) => {
    expect(parseRoute(`/v2/a/manifests/${tag}`)).toMatchObject({ kind: 'invalid', code: 'MANIFEST_UNKNOWN' });
  });

  it.each([
    '',
    '*',
    '/v1/',
    '/v2x/',
    '/v3/_catalog',
    '//v2/',
    '/V2/',
    '/v2/a',
    '/v2/a/',
    '/v2/a/manifests/',
    '/v2/a/tags',
    '/v2/a/tags/list/',
    '/v2/manifests/latest',
    '/v2/_catalog/',
    '/favicon.ico',
    'registry.test:443',
  ])('answers 404 to %j', (target) => {
    expect(parseRoute(target)).toMatchObject({ kind: 'invalid', code: 'UNSUPPORTED', status: 404 });
  });

  it('lets nothing through to a store that could climb out of it, whatever the target', () => {
    const part = fc.constantFrom(
      'v2',
      'a',
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '\\',
      '%00',
      '/',
      ':',
      'manifests',
      'blobs',
      SHA256,
    );
    const target = fc.oneof(
      fc.string().map((text) => `/v2/${text}`),
      fc.array(part).map((parts) => `/v2/${parts.join('/')}`),
      fc.array(part).map((parts) => `/v2/${parts.join('')}/manifests/latest`),
    );
    fc.assert(
      fc.property(target, (text) => {
        const route = parseRoute(text);
        if (!('repository' in route)) return;
        expect(route.repository).toMatch(/^[a-z0-9][a-z0-9._/-]*$/);
        expect(route.repository).not.toMatch(/\.\.|\/\/|\/$/);
      }),
    );
  });
});
