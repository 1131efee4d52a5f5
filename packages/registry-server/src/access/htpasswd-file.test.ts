import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HtpasswdFile } from './htpasswd-file.js';

const HASH = `$2y$05$${'a'.repeat(53)}`;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'htpasswd-'));
  path = join(folder, 'htpasswd');
  await writeFile(path, `bob:${HASH}\n`);
});
afterEach(() => rm(folder, { recursive: true }));

const namesIn = async (file: HtpasswdFile) => [...(await file.accounts()).keys()];

describe('HtpasswdFile', () => {
  it('takes over a change that leaves size and time as they were', async () => {
    const file = await HtpasswdFile.open(path);
    expect(await namesIn(file)).toEqual(['bob']);
    await writeFile(path, `ann:${HASH}\n`);
    await utimes(path, 1, 1);
    expect(await namesIn(file)).toEqual(['ann']);
    await writeFile(path, `eve:${HASH}\n`);
    await utimes(path, 1, 1);
    expect(await namesIn(file)).toEqual(['eve']);
  });

  it('takes over a file that was moved into place', async () => {
    const file = await HtpasswdFile.open(path);
    await writeFile(`${path}.new`, `ann:${HASH}\n`);
    await rename(`${path}.new`, path);
    expect(await namesIn(file)).toEqual(['ann']);
  });

  it('keeps the accounts while the file is broken or gone, tells so once, and goes on when it is mended', async () => {
    const told: unknown[] = [];
    const file = await HtpasswdFile.open(path, (error) => told.push(error));
    await writeFile(path, 'bob:plain\n');
    expect(await namesIn(file)).toEqual(['bob']);
    expect(await namesIn(file)).toEqual(['bob']);
    expect(told).toMatchObject([{ code: 'DOCUMENT_INVALID', message: expect.stringContaining('line 1') }]);
    await rm(path);
    expect(await namesIn(file)).toEqual(['bob']);
    expect(told).toMatchObject([{}, { code: 'FILE_UNREADABLE' }]);
    await writeFile(path, `ann:${HASH}\n`);
    expect(await namesIn(file)).toEqual(['ann']);
    expect(told).toHaveLength(2);
  });

  it('does not open without a file that makes sense', async () => {
    await expect(HtpasswdFile.open(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(join(folder, 'none')),
    });
    await expect(HtpasswdFile.open(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await writeFile(path, 'bob:$apr1$x$y\n');
    await expect(HtpasswdFile.open(path)).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      message: expect.stringContaining(path),
    });
  });
});
