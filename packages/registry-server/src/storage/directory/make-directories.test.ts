import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDirectories } from './make-directories.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make-directories-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('makeDirectories', () => {
  it('makes what is missing, and takes what is there', async () => {
    const path = join(folder, 'a/b/c');
    await makeDirectories(path);
    await makeDirectories(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.skipIf(!existsSync('/proc/self'))(
    'fails where nothing can be made (skipped where there is no /proc)',
    async () => {
      await expect(makeDirectories('/proc/nothing/here')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
