import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from './lock-file.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quinistry-lock-'));
  path = join(directory, 'lock');
});

afterEach(() => rm(directory, { recursive: true }));

describe('acquireLock', () => {
  it('is free again once it was let go of', async () => {
    const release = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await release();
    await (await acquireLock(path))();
    expect(await readdir(directory)).toEqual([]);
  });

  it('names the living process that has it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    try {
      await writeFile(path, JSON.stringify({ pid: child.pid, started: '' }));
      await expect(acquireLock(path)).rejects.toMatchObject({
        code: 'STORE_IN_USE',
        message: expect.stringContaining(`process ${child.pid}`),
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await (await acquireLock(path))();
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '1' })],
    ['of an earlier process with the number of this one', JSON.stringify({ pid: process.pid, started: '1' })],
    ['that is torn', '{"pid":'],
    ['that is empty', ''],
  ])('takes over a lock %s', async (_, content) => {
    await writeFile(path, content);
    const release = await acquireLock(path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    await release();
  });

  it.runIf(process.platform === 'linux')('takes over from a process whose number another one has now', async () => {
    await writeFile(path, JSON.stringify({ pid: process.ppid, started: 'another boot:1' }));
    await (await acquireLock(path))();
  });
});
