import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Content } from './content.js';
import { openFileContent } from './file-content.js';

const MEBIBYTE = 1024 * 1024;

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-content-'));
  path = join(directory, 'file');
});
afterEach(() => rm(directory, { recursive: true }));

async function read(content: Content): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open()) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

describe('openFileContent', () => {
  it.each([0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE])(
    'gives %i bytes as they are, twice',
    async (size) => {
      const bytes = Buffer.alloc(size, 'quinistry');
      await writeFile(path, bytes);
      const content = await openFileContent(path);
      expect(content.size).toBe(size);
      expect((await read(content)).equals(bytes)).toBe(true);
      expect((await read(content)).equals(bytes)).toBe(true);
    },
  );

  it('gives chunks that stay as they were while the reading goes on', async () => {
    const bytes = Buffer.concat([Buffer.alloc(MEBIBYTE, 'a'), Buffer.alloc(MEBIBYTE, 'b'), Buffer.alloc(9, 'c')]);
    await writeFile(path, bytes);
    expect((await read(await openFileContent(path))).equals(bytes)).toBe(true);
  });

  it('fills one buffer again and again where its reader lets chunks be recycled', async () => {
    const bytes = Buffer.alloc(3 * MEBIBYTE + 5, 'quinistry');
    await writeFile(path, bytes);
    const content = await openFileContent(path);
    const buffers = new Set<ArrayBufferLike>();
    const copies: Buffer[] = [];
    for await (const chunk of content.open({ recycle: true })) {
      buffers.add(chunk.buffer);
      copies.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(copies).equals(bytes)).toBe(true);
    expect(buffers.size).toBe(1);
  });

  it('takes a name that is not UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${path}-`), Buffer.from([0xff, 0xfe])]);
    await writeFile(name, 'latin');
    expect((await read(await openFileContent(name))).toString()).toBe('latin');
  });

  it('follows a symbolic link', async () => {
    await writeFile(path, 'target');
    await symlink(path, join(directory, 'link'));
    expect((await read(await openFileContent(join(directory, 'link')))).toString()).toBe('target');
  });

  it('refuses a symbolic link when told not to follow', async () => {
    await writeFile(path, 'target');
    const link = join(directory, 'link');
    await symlink(path, link);
    const refusal = { code: 'FILE_UNREADABLE', message: expect.stringContaining('not a regular file') };
    await expect(openFileContent(link, { followSymlinks: false })).rejects.toMatchObject(refusal);
    const content = await openFileContent(link, {
      followSymlinks: false,
      identity: await stat(path, { bigint: true }),
    });
    await expect(read(content)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('names the path and the reason when there is no such file', async () => {
    await expect(openFileContent(path)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `cannot read ${path}: no such file or directory (ENOENT)`,
      cause: { code: 'ENOENT' },
    });
  });

  it('refuses a directory', async () => {
    await expect(openFileContent(directory)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `cannot read ${directory}: it is not a regular file`,
    });
  });

  it('does not wait for a pipe that took the place of the file', async () => {
    await writeFile(path, 'before');
    const content = await openFileContent(path);
    await rm(path);
    execFileSync('mkfifo', [path]);
    await expect(read(content)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });

  it('fails with FILE_UNREADABLE when the file is gone at the time of reading', async () => {
    await writeFile(path, 'before');
    const content = await openFileContent(path);
    await rm(path);
    await expect(read(content)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', cause: { code: 'ENOENT' } });
  });

  it('stops when the signal aborts', async () => {
    await writeFile(path, Buffer.alloc(2 * MEBIBYTE));
    const controller = new AbortController();
    const chunks = (await openFileContent(path)).open({ signal: controller.signal })[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort(new Error('enough'));
    await expect(chunks.next()).rejects.toThrow('enough');
  });
});

describe('a file that shrinks or grows while it is read', () => {
  it.each([
    [
      'replaced by one of the same size',
      () => writeFile(`${path}.new`, 'BEFORE').then(() => rename(`${path}.new`, path)),
      'replaced',
    ],
    ['written to', () => utimes(path, 1, 1), 'written to'],
    ['longer', () => appendFile(path, '!'), '7 bytes where 6'],
    ['shorter', () => truncate(path, 3), '3 bytes where 6'],
  ])('fails with FILE_CHANGED when the file is %s before the first read', async (_, change, message) => {
    await writeFile(path, 'before');
    const content = await openFileContent(path);
    await change();
    await expect(read(content)).rejects.toMatchObject({
      code: 'FILE_CHANGED',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['shrinks', () => truncate(path, MEBIBYTE), 'ended 9 bytes short of'],
    ['grows', () => appendFile(path, '!'), 'went on after'],
  ])('fails with FILE_CHANGED when the file %s between two reads', async (_, change, message) => {
    await writeFile(path, Buffer.alloc(MEBIBYTE + 9));
    const chunks = (await openFileContent(path)).open()[Symbol.asyncIterator]();
    await chunks.next();
    await change();
    const rest = (async () => {
      while (!(await chunks.next()).done);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'FILE_CHANGED', message: expect.stringContaining(message) });
  });

  it('fails with FILE_CHANGED when bytes are rewritten in place between two reads', async () => {
    await writeFile(path, Buffer.alloc(2 * MEBIBYTE));
    const chunks = (await openFileContent(path)).open()[Symbol.asyncIterator]();
    await chunks.next();
    await writeFile(path, Buffer.alloc(2 * MEBIBYTE, 1));
    await chunks.next();
    await expect(chunks.next()).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  });
});
