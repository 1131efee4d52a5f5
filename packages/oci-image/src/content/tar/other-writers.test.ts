/** What readTar makes of archives that others wrote. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, describeWith } from '../../../test/judges.js';
import { chunked, file, flatten } from './fixtures/archive.js';
import { readTar } from './read-tar.js';

const LONG = 'n'.repeat(120);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quinistry-tar-'));
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'd'), { recursive: true });
  writeFileSync(join(tree, 'd', LONG), 'hello');
  linkSync(join(tree, 'd', LONG), join(tree, 'hard'));
  symlinkSync(`d/${LONG}`, join(tree, 'soft'));
  writeFileSync(Buffer.from(`${tree}/caf\u00e9`, 'latin1'), '');
  utimesSync(join(tree, 'd', LONG), 1_700_000_000.5, 1_700_000_000.5);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The tree, archived by `program`, as readTar sees it; by path. */
async function archiveBy(program: string, args: readonly string[]) {
  const archive = join(folder, 'tree.tar');
  const members = ['d', 'hard', 'soft', Buffer.from('caf\u00e9', 'latin1')];
  // Member names go through a list, because an argument of a process cannot be bytes here.
  const list = join(folder, 'list');
  writeFileSync(list, Buffer.concat(members.flatMap((name) => [Buffer.from(name), Buffer.from('\n')])));
  const env = { ...process.env, LC_ALL: 'C' };
  execFileSync(program, [...args, '-cf', archive, '-C', join(folder, 'tree'), '-T', list], { env, stdio: 'pipe' });
  const entries = await flatten(readTar(chunked(readFileSync(archive), [10_240])));
  return new Map(entries.map((entry) => [Buffer.from(String(entry.path), 'hex').toString('latin1'), entry]));
}

const WRITERS = [
  { writer: command('tar', ['--version'], /GNU tar/), args: ['--format=gnu'], mtime: 1_700_000_000 },
  { writer: command('tar', ['--version'], /GNU tar/), args: ['--format=posix'], mtime: 1_700_000_000.5 },
  { writer: command('bsdtar'), args: ['--format=pax'], mtime: 1_700_000_000.5 },
  { writer: command('bsdtar'), args: ['--format=gnutar'], mtime: 1_700_000_000 },
];

for (const { writer, args, mtime } of WRITERS) {
  describeWith([writer], `readTar, reading what ${writer.name} ${args.join(' ')} wrote`, () => {
    it('gives long names, links, bytes that are not UTF-8, and times', async () => {
      const entries = await archiveBy(writer.name, args);
      expect([...entries.keys()].sort()).toEqual(['caf\u00e9', 'd', `d/${LONG}`, 'hard', 'soft']);
      const body = Buffer.from('hello').toString('hex');
      const target = Buffer.from(`d/${LONG}`).toString('hex');
      expect(entries.get('d')).toMatchObject({ type: 'directory' });
      expect(entries.get(`d/${LONG}`)).toMatchObject({ type: 'file', body, mtime });
      expect(entries.get('hard')).toMatchObject({ type: 'hardlink', target });
      expect(entries.get('soft')).toMatchObject({ type: 'symlink', target });
    });
  });
}

describe('readTar, reading what tar-stream wrote', () => {
  it('gives the owners and times of its records, which tar-stream leaves aside', async () => {
    const archive = pack();
    archive.entry({ name: 'a', uid: 1000, mtime: new Date(0), pax: { uid: '1000690000', mtime: '1.5' } }, 'body');
    archive.finalize();
    expect(await flatten(readTar(chunked(await buffer(archive))))).toEqual(
      await flatten([file('a', 'body', { uid: 1_000_690_000, mtime: 1.5 })]),
    );
  });
});
