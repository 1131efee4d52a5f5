import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { withDirectoryLock } from './directory-lock.js';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quinistry-lock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  lock = join(folder, 'lock');
});

/** Work that takes a moment, and fails where it is not alone. */
function aloneOnly(): () => Promise<void> {
  let working = 0;
  return async () => {
    working += 1;
    if (working > 1) throw new Error('not alone');
    await new Promise((resolve) => setTimeout(resolve, 5));
    working -= 1;
  };
}

/** What a process leaves behind that was killed an hour ago. */
async function abandonLock(): Promise<void> {
  await mkdir(lock);
  await writeFile(join(lock, '1-gone'), '');
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(lock, '1-gone'), hourAgo, hourAgo);
}

describe('withDirectoryLock', () => {
  it('returns what the work returns, and leaves nothing behind', async () => {
    expect(await withDirectoryLock(lock, async () => 42)).toBe(42);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after work that failed', async () => {
    await expect(withDirectoryLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withDirectoryLock(lock, async () => 42)).toBe(42);
  });

  it('lets one work at a time', async () => {
    const work = aloneOnly();
    await Promise.all(Array.from({ length: 4 }, () => withDirectoryLock(lock, work)));
  });

  it('is taken over, by one at a time, from a process that is gone', async () => {
    await abandonLock();
    const work = aloneOnly();
    await Promise.all(Array.from({ length: 4 }, () => withDirectoryLock(lock, work)));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free where a process died before it could say that it holds it', async () => {
    await mkdir(lock);
    expect(await withDirectoryLock(lock, async () => 42)).toBe(42);
  });

  it('says once that it waits', async () => {
    let waits = 0;
    const first = withDirectoryLock(lock, () => new Promise((resolve) => setTimeout(resolve, 250)));
    await withDirectoryLock(lock, async () => {}, { onWait: () => waits++ });
    await first;
    expect(waits).toBe(1);
  });
});
