import { chmod, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, pushBlob, pushImage, readBlob } from '../testing/sample-content.js';
import { openDirectoryStore } from './directory-store.js';
import { ReadTimes } from './read-times.js';

const NOBODY = 65_534;
const LONG_AGO = new Date(0);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-times-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Lets everybody write to the directories below `path`, and leaves the files to their owner. */
async function openDirectories(path: string): Promise<void> {
  await chmod(path, 0o777);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const below = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(below, 0o777);
    else await utimes(below, LONG_AGO, LONG_AGO);
  }
}

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid === undefined || seteuid === undefined) throw new Error('there are no users here');
  const before = geteuid();
  seteuid(NOBODY);
  try {
    return await work();
  } finally {
    seteuid(before);
  }
}

describe('ReadTimes', () => {
  it('has what was noted, and then the file has it', async () => {
    const path = join(root, 'file');
    await writeFile(path, '');
    await utimes(path, LONG_AGO, LONG_AGO);
    const times = new ReadTimes();
    times.note(path);
    times.note(join(root, 'missing'));
    const noted = times.get(path);
    expect(noted).toBeGreaterThan(0);
    await times.write();
    expect(times.get(path)).toBe(0);
    expect(Math.round((await stat(path)).mtimeMs)).toBe(noted);
  });

  it('comes to an end of writing while everything is asked for again and again', async () => {
    const paths = ['a', 'b', 'c'].map((name) => join(root, name));
    for (const path of paths) await writeFile(path, '');
    const times = new ReadTimes();
    const note = () => {
      for (const path of paths) if (times.get(path) === 0) times.note(path);
    };
    note();
    let isWritten = false;
    const writing = times.write().then(() => {
      isWritten = true;
    });
    for (let round = 0; round < 10_000 && !isWritten; round++) {
      await setImmediate();
      note();
    }
    expect(isWritten).toBe(true);
    await writing;
  });
});

// Only root can become somebody else.
describe.runIf(process.getuid?.() === 0)('a store with files of another user', () => {
  it('serves them, takes them again, and keeps for a while what was just asked for', async () => {
    const filled = await openDirectoryStore(root);
    const [asked, forgotten] = [blobOf('asked'), blobOf('forgotten')];
    for (const blob of [asked, forgotten]) await pushBlob(filled, 'app', blob);
    const { manifest } = await pushImage(filled, 'app', '{}', { tags: ['latest'] });
    await filled.close();
    await openDirectories(root);
    await rm(join(root, '.quinistry', 'journal'));

    await asNobody(async () => {
      const store = await openDirectoryStore(root);
      expect(await store.statBlob('app', asked.digest)).toEqual({ size: asked.size });
      expect(await store.resolveTag('app', 'latest')).toMatchObject([{ digest: manifest.digest }]);
      await store.writeManifest('app', manifest, { tags: ['again'] });
      expect(await store.mountBlob('other', asked.digest, 'app')).toMatchObject({ size: asked.size });
      const collected = [];
      for await (const { name } of store.collectGarbage({ graceMs: 3_600_000 })) collected.push(name);
      expect(collected).toEqual([forgotten.digest]);
      expect(await readBlob(store, 'app', asked)).toBe(asked.digest);
      await store.close();
    });
  });
});
