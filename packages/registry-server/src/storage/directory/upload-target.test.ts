import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STAGE_BYTES, StagePool } from './stage-pool.js';
import { StagedSync, SyncSlots } from './staged-sync.js';
import { UploadTarget } from './upload-target.js';

/** Where the direct way begins. */
const FAR = 32 * 1024 * 1024;

let directory: string;
let path: string;
let file: FileHandle;
let target: UploadTarget;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'upload-target-'));
  path = join(directory, 'upload');
  file = await open(path, 'wx+');
  target = new UploadTarget(path, file, new StagedSync(new SyncSlots()));
});

afterEach(async () => {
  await target.close();
  await file.close();
  await rm(directory, { recursive: true });
});

/** Whether this process has the file open past the page cache. */
async function isOpenDirectly(): Promise<boolean> {
  for (const descriptor of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${descriptor}`).catch(() => '')) !== path) continue;
    const [, flags = '0'] = /^flags:\s*(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    if ((Number.parseInt(flags, 8) & constants.O_DIRECT) !== 0) return true;
  }
  return false;
}

async function readBack(position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, position);
  return bytes;
}

describe.runIf(process.platform === 'linux')('UploadTarget (on Linux, which has O_DIRECT)', () => {
  it('goes past the page cache once a file is large, and by it for what is no whole block', async () => {
    const { memory: piece, isAligned } = new StagePool(() => {}).take();
    expect(isAligned).toBe(true);
    piece.set(randomBytes(STAGE_BYTES));
    await target.write(piece, FAR - STAGE_BYTES, true);
    expect(await isOpenDirectly()).toBe(false);
    await target.write(piece, FAR, true);
    expect(await isOpenDirectly()).toBe(true);
    await target.write(piece.subarray(0, 1001), FAR + STAGE_BYTES, true);
    expect((await readBack(FAR - STAGE_BYTES, STAGE_BYTES)).equals(piece)).toBe(true);
    expect((await readBack(FAR, STAGE_BYTES)).equals(piece)).toBe(true);
    expect((await file.stat()).size).toBe(FAR + STAGE_BYTES + 1001);
    await target.close();
    expect(await isOpenDirectly()).toBe(false);
  });

  it('does without where the disk takes nothing from such memory', async () => {
    const askew = Buffer.from(new SharedArrayBuffer(STAGE_BYTES + 1), 1);
    askew.set(randomBytes(STAGE_BYTES));
    for (const position of [FAR, FAR + STAGE_BYTES]) {
      await target.write(askew, position, true);
      expect((await readBack(position, STAGE_BYTES)).equals(askew)).toBe(true);
    }
  });
});
