import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, formatDigest } from '@quinistry/oci-image/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HashingThread } from './hashing-thread.js';
import { RepositoryPaths } from './repository-paths.js';
import { UploadFiles } from './upload-files.js';

let root: string;
let paths: RepositoryPaths;
let files: UploadFiles;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'upload-files-'));
  paths = new RepositoryPaths(root);
  files = new UploadFiles(paths);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await files.close();
  await rm(root, { recursive: true });
});

const BYTES = Buffer.from('bytes');

const digestOf = (bytes: Uint8Array): Digest =>
  formatDigest('sha256', createHash('sha256').update(bytes).digest('hex'));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function begin(bytes: Uint8Array): Promise<{ readonly session: string; readonly path: string }> {
  const { session } = await files.create('app');
  await files.append('app', session, once(bytes));
  return { session, path: join(paths.uploads, 'app', `_${session}`) };
}

describe('UploadFiles.finish', () => {
  it('lets nobody write to what has become a blob, though that failed afterwards', async () => {
    const { session } = await begin(BYTES);
    const blob = join(root, 'blob');
    const failing = files.finish('app', session, digestOf(BYTES), async (_, path) => {
      await rename(path, blob);
      throw new Error('the directory could not be synced');
    });
    await expect(failing).rejects.toThrow('the directory could not be synced');
    await expect(files.append('app', session, once(BYTES))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' });
    expect(await files.stat('app', session)).toBeUndefined();
    expect(await readFile(blob)).toEqual(BYTES);
  });

  it('keeps the session where its file cannot be opened for now', async () => {
    const { session, path } = await begin(BYTES);
    // So many are kept open; the first of them is closed then.
    for (let count = 0; count < 64; count++) await files.create('other');
    await rename(path, join(root, 'elsewhere'));
    await mkdir(path);
    await expect(files.finish('app', session, digestOf(BYTES), async () => {})).rejects.toMatchObject({
      code: 'EISDIR',
    });
    await rmdir(path);
    await rename(join(root, 'elsewhere'), path);
    const info = { digest: digestOf(BYTES), size: BYTES.byteLength };
    expect(await files.finish('app', session, info.digest, async () => {})).toEqual(info);
  });

  it('lets go of a digest once, also where the session is cancelled at the last moment', async () => {
    const started = vi.spyOn(HashingThread.prototype, 'startHash');
    const bytes = randomBytes(1_000_000);
    const { session } = await begin(bytes);
    const [thread] = started.mock.contexts as HashingThread[];
    expect(thread?.load).toBe(1);
    await files.finish('app', session, digestOf(bytes), async () => {
      await files.cancel('app', session);
    });
    expect(thread?.load).toBe(0);
  });
});

/** Of files below `root` that this process has open. */
async function countOpenFiles(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(root)).length;
}

describe.runIf(process.platform === 'linux')('UploadFiles.close (on Linux, which tells what is open)', () => {
  it('lets go of files that are written to, and of new ones, as soon as that is over', async () => {
    const { session } = await files.create('app');
    async function* closing(): AsyncGenerator<Uint8Array> {
      yield BYTES;
      await files.close();
      yield BYTES;
    }
    expect(await files.append('app', session, closing())).toEqual({ session, size: 2 * BYTES.byteLength });
    await files.create('app');
    await expect.poll(countOpenFiles).toBe(0);
  });
});
