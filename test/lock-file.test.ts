import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

describe('pnpm-lock.yaml', () => {
  it('names no registry, so that it installs from whichever one a machine is configured for', async () => {
    const text = await readFile(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8');
    expect(text.match(/^.*(https?:\/\/|tarball:).*$/gm)).toBeNull();
    expect(text).toMatch(/^ {2}typescript@5\.9\.3:\n {4}resolution: \{integrity: sha512-/m);
  });
});
