import { digestOf } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { ManifestCache } from './manifest-cache.js';

const [A, B, C] = ['a', 'b', 'c'].map((text) => ({ digest: digestOf(Buffer.from(text)), bytes: Buffer.alloc(20) }));

describe('ManifestCache', () => {
  it('forgets what was asked for longest ago when it is full', () => {
    if (!A || !B || !C) throw new Error('there are three');
    const cache = new ManifestCache(80);
    const others = Array.from({ length: 2 }, (_, n) => digestOf(Buffer.from(String(n))));
    for (const { digest, bytes } of [A, B, C]) cache.set('app', digest, bytes);
    cache.get('app', A.digest);
    for (const digest of others) cache.set('app', digest, Buffer.alloc(20));
    expect(cache.get('app', A.digest)).toBeDefined();
    expect(cache.get('app', B.digest)).toBeUndefined();
    expect(cache.get('app', C.digest)).toBeDefined();
  });

  it('keeps repositories apart, and what would fill it out', () => {
    if (!A || !B) throw new Error('there are two');
    const cache = new ManifestCache(80);
    cache.set('app', A.digest, A.bytes);
    expect(cache.get('other', A.digest)).toBeUndefined();
    cache.set('app', B.digest, Buffer.alloc(21));
    expect(cache.get('app', B.digest)).toBeUndefined();
    cache.delete('app', A.digest);
    expect(cache.get('app', A.digest)).toBeUndefined();
  });
});
