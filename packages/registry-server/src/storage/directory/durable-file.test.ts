import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { descriptorOf, digestsOfTag, EVERYTHING, pushImage } from '../testing/sample-content.js';
import { openDirectoryStore } from './directory-store.js';
import { DurableFiles } from './durable-file.js';
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, parseLayoutIndex, tagOf, withTag } from './layout-index.js';
import { findingsIn } from './testing/store-on-disk.js';

type Names = readonly [from: unknown, to: unknown];

/** What a file system says to a second name, or to a new one. */
const refused = vi.hoisted(() => {
  const none = (..._: Names): string | undefined => undefined;
  const check = (refusal: typeof none, ...names: Names) => {
    const code = refusal(...names);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${names.join(' -> ')}`), { code });
  };
  return { none, check, links: none, moves: none };
});

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const link: typeof original.link = async (...names) => {
    refused.check(refused.links, ...names);
    return original.link(...names);
  };
  const rename: typeof original.rename = async (...names) => {
    refused.check(refused.moves, ...names);
    return original.rename(...names);
  };
  return { ...original, link, rename };
});

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const renameSync: typeof original.renameSync = (...names) => {
    refused.check(refused.moves, ...names);
    original.renameSync(...names);
  };
  return { ...original, renameSync };
});

/** As where the directory `elsewhere` is a file system of its own. */
function acrossFileSystems(...names: Names): string | undefined {
  const [isFrom, isTo] = names.map((name) => String(name).includes('/elsewhere/'));
  return isFrom === isTo ? undefined : 'EXDEV';
}

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-durable-'));
});

afterEach(async () => {
  refused.links = refused.none;
  refused.moves = refused.none;
  await rm(root, { recursive: true, force: true });
});

describe.each([
  ['a file system with links', refused.none],
  ['a file system without links', () => 'EPERM'],
  ['another file system', acrossFileSystems],
  ['another file system without links', (...names: Names) => acrossFileSystems(...names) ?? 'EPERM'],
])('DurableFiles.create, on %s', (_, links) => {
  let files: DurableFiles;
  let path: string;

  beforeEach(async () => {
    files = new DurableFiles(root);
    await mkdir(join(root, 'elsewhere'));
    path = join(root, 'elsewhere', 'index.json');
    refused.links = links;
  });

  it('makes a file, whole, and leaves nothing else', async () => {
    await files.create(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(root, { recursive: true })).toEqual(['elsewhere', 'elsewhere/index.json']);
  });

  it('leaves a file alone that is there', async () => {
    await writeFile(path, 'old');
    await files.create(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(root, { recursive: true })).toEqual(['elsewhere', 'elsewhere/index.json']);
  });
});

describe('a repository on another file system than the rest of the store', () => {
  it('keeps what another tool has put there, and takes pushes', async () => {
    refused.links = acrossFileSystems;
    refused.moves = acrossFileSystems;
    const first = await openDirectoryStore(root, { recheckMs: 0 });
    const { manifest } = await pushImage(first, 'elsewhere/app', 'first', { tags: ['first'] });
    await first.close();
    const path = join(root, 'elsewhere', 'app', 'index.json');
    expect(parseLayoutIndex(await readFile(path)).manifests.map(tagOf)).toEqual(['first']);
    const manifests = [withTag(descriptorOf(manifest), 'theirs')];
    await writeFile(path, formatLayoutIndex({ ...EMPTY_LAYOUT_INDEX, manifests }));
    const second = await openDirectoryStore(root, { recheckMs: 0 });
    await pushImage(second, 'elsewhere/app', 'second', { tags: ['second'] });
    expect(await digestsOfTag(second, 'elsewhere/app', 'theirs')).toEqual([manifest.digest]);
    await second.flush();
    expect(parseLayoutIndex(await readFile(path)).manifests.map(tagOf)).toEqual(['theirs', 'second']);
    expect(await second.listTags('elsewhere/app', EVERYTHING)).toEqual(['second', 'theirs']);
    await second.close();
    expect(await findingsIn(root)).toEqual([]);
  });
});
