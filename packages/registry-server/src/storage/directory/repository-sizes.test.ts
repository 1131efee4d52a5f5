import { digestOf } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { RepositorySizes } from './repository-sizes.js';

const [A, B, C] = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest, Digest];

describe('RepositorySizes', () => {
  it('counts once, and follows what comes, comes again and goes', async () => {
    let counts = 0;
    const sizes = new RepositorySizes(async function* () {
      counts += 1;
      yield [A, 10] as const;
    });
    expect(await sizes.measure('app')).toBe(10);
    sizes.note('app', B, 5);
    sizes.note('app', B, 5);
    expect(await sizes.measure('app')).toBe(15);
    expect(await sizes.measure('app', [A, C])).toBe(5);
    sizes.note('app', A, 0);
    sizes.note('app', A, 0);
    expect(await sizes.measure('app')).toBe(5);
    expect(counts).toBe(1);
  });

  it('takes in what comes and goes while it counts, whoever asks', async () => {
    const sizes = new RepositorySizes(async function* (repository) {
      yield [A, 10] as const;
      sizes.note(repository, A, 0);
      sizes.note(repository, B, 7);
      yield [C, 1] as const;
    });
    expect(await Promise.all([sizes.measure('app'), sizes.measure('app')])).toEqual([8, 8]);
  });
});
