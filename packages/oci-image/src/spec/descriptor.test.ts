import { describe, expect, it } from 'vitest';
import { descriptorSchema } from './descriptor.js';

const digest = `sha256:${'0'.repeat(64)}`;
const minimal = { mediaType: 'text/plain', digest, size: 0 };

describe('descriptorSchema', () => {
  it.each([
    minimal,
    {
      ...minimal,
      size: Number.MAX_SAFE_INTEGER,
      urls: ['https://example.com/blob'],
      annotations: { 'org.opencontainers.image.title': 'a.txt', '': '' },
      data: 'e30=',
      artifactType: 'application/vnd.example+json',
      platform: {
        architecture: 'arm64',
        os: 'linux',
        'os.version': '1',
        'os.features': ['a'],
        variant: 'v8',
        features: ['sse4'],
      },
      'x-vendor': { deep: [1, null] },
    },
  ])('reads %j and keeps every field', (value) => {
    expect(descriptorSchema.parse(value)).toEqual(value);
  });

  it.each([
    ['mediaType', undefined],
    ['mediaType', 'text/plain\r\n'],
    ['mediaType', ''],
    ['digest', undefined],
    ['digest', 'sha256:../x'],
    ['size', undefined],
    ['size', -1],
    ['size', 0.5],
    ['size', '1'],
    ['size', 2 ** 53],
    ['urls', 'https://example.com'],
    ['annotations', { a: 1 }],
    ['annotations', { a: null }],
    ['annotations', ['a']],
    ['data', 'not base64'],
    ['artifactType', 'a\r\nb/c'],
    ['platform', 'linux/amd64'],
    ['platform', { os: 'linux' }],
  ])('refuses %s: %j', (field, value) => {
    const result = descriptorSchema.safeParse({ ...minimal, [field]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });

  it('reads null as left out where a field may be left out', () => {
    const nulls = { urls: null, annotations: null, data: null, artifactType: null, platform: null };
    expect(JSON.stringify(descriptorSchema.parse({ ...minimal, ...nulls }))).toBe(JSON.stringify(minimal));
  });
});
