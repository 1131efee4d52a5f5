/** What others see in the archives written here. One list for all: where two readers disagree, an image is ambiguous. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command, describeWith, judge, root } from '../../../test/judges.js';
import { ATTRIBUTES, collect } from './fixtures/archive.js';
import { BINARY_VALUE, CAPABILITY, LONG_COMPONENT, MENAGERIE } from './fixtures/menagerie.js';
import { BLOCK_SIZE, paddingAfter } from './tar-header.js';
import { encodeTarMemberHead } from './tar-member-head.js';
import { writeTar } from './write-tar.js';

const gnuTar = command('tar', ['--version'], /GNU tar/);
const bsdtar = command('bsdtar');
const getfattr = command('getfattr');
/** Not every kind of file system keeps them: tmpfs learned it late. */
const xattrs = judge('extended attributes in the temporary directory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quinistry-xattr-'));
  try {
    return spawnSync('setfattr', ['-n', 'user.probe', '-v', '1', folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function run(file: string, args: readonly string[], input?: Uint8Array): string {
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
  const { status, stdout, stderr } = spawnSync(file, args, { env, ...(input === undefined ? {} : { input }) });
  expect({ file, status, stderr: status === 0 ? '' : String(stderr) }).toEqual({ file, status: 0, stderr: '' });
  return stdout.toString('latin1');
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describeWith([gnuTar], 'GNU tar, listing what writeTar wrote', () => {
  it('shows every name, mode, owner, time, link, device and attribute as given', async () => {
    const options = ['--numeric-owner', '--full-time', '--quoting-style=escape', '--xattrs', '-tvvf', '-'];
    const listing = run('tar', options, await collect(writeTar(MENAGERIE)));
    expect(lines(listing).map((line) => line.trim().replace(/\s+/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 2023-11-14 22:13:20 etc/',
      '-rw-r--r-- 1000/1001 6 2023-11-14 22:13:20 etc/hello',
      '-rwsr-xr-x 0/0 1 1970-01-01 00:00:00 etc/setuid',
      'drwxr-sr-x 0/0 0 1970-01-01 00:00:00 etc/setgid/',
      'drwxrwxrwt 0/0 0 1970-01-01 00:00:00 tmp/',
      '---------- 0/0 1 1970-01-01 00:00:00 etc/no-mode',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 link -> etc/hello',
      'hrw-r--r-- 0/0 0 1970-01-01 00:00:00 hard link to etc/hello',
      'crw-r--r-- 0/0 1,3 1970-01-01 00:00:00 dev/null',
      'brw-r--r-- 0/0 4095,1048575 1970-01-01 00:00:00 dev/disk',
      'prw-r--r-- 0/0 0 1970-01-01 00:00:00 pipe',
      '-rw-r--r-- 262144/262144 1 1970-01-01 00:00:00 owner/node',
      '-rw-r--r-- 1000690000/4294967294 1 1970-01-01 00:00:00 owner/openshift',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00:00 owner/named',
      '-rw-r--r-- 0/0 1 1969-12-31 23:58:20 time/before',
      '-rw-r--r-- 0/0 1 2023-11-14 22:13:20.25 time/fraction',
      '-rw-r--r-- 0/0 1 2039-01-30 11:33:20 time/y2039',
      '-rw-r--r-- 0/0 1 2603-10-11 11:33:20 time/y2603',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00:00 name/caf\\303\\251',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00:00 name/caf\\351',
      `-rw-r--r-- 0/0 1 1970-01-01 00:00:00 name/${LONG_COMPONENT}`,
      `-rw-r--r-- 0/0 1 1970-01-01 00:00:00 name/\\351${LONG_COMPONENT}`,
      `-rw-r--r-- 0/0 1 1970-01-01 00:00:00 ${'p'.repeat(100)}/${'q'.repeat(100)}`,
      `drwxr-xr-x 0/0 0 1970-01-01 00:00:00 name/directory-${LONG_COMPONENT}/`,
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 name/link -> ../${LONG_COMPONENT}`,
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 name/link-to-bytes -> ../\\351${LONG_COMPONENT}`,
      '-rw-r--r-- 0/0 1 1970-01-01 00:00:00 xattr/capable',
      '-rw-r--r--* 0/0 1 1970-01-01 00:00:00 xattr/user',
      'x: 6 user.binary',
      'x: 0 user.empty',
      'x: 9 user.note',
    ]);
  });
});

describeWith([bsdtar], 'bsdtar, listing what writeTar wrote', () => {
  it('shows every name, mode, owner, time, link and device as given', async () => {
    const listing = run('bsdtar', ['-cf', '-', '--format=mtree', '@-'], await collect(writeTar(MENAGERIE)));
    const rows = lines(listing).filter((line) => line.startsWith('./'));
    expect(rows.map((line) => line.replace(' nlink=0', '')).sort()).toEqual(
      [
        './dev/disk time=0.0 mode=644 gid=0 uid=0 type=block device=native,4095,1048575',
        './dev/null time=0.0 mode=644 gid=0 uid=0 type=char device=native,1,3',
        './etc time=1700000000.0 mode=755 gid=0 uid=0 type=dir',
        './etc/hello time=1700000000.0 mode=644 gid=1001 uid=1000 type=file size=6',
        './etc/no-mode time=0.0 mode=0 gid=0 uid=0 type=file size=1',
        './etc/setgid time=0.0 mode=2755 gid=0 uid=0 type=dir',
        './etc/setuid time=0.0 mode=4755 gid=0 uid=0 type=file size=1',
        './hard time=0.0 mode=644 gid=0 uid=0 type=file size=0',
        './link time=0.0 mode=777 gid=0 uid=0 type=link link=etc/hello',
        './name/caf\\303\\251 time=0.0 mode=644 gid=0 uid=0 type=file size=1',
        './name/caf\\351 time=0.0 mode=644 gid=0 uid=0 type=file size=1',
        `./name/directory-${LONG_COMPONENT} time=0.0 mode=755 gid=0 uid=0 type=dir`,
        `./name/link time=0.0 mode=777 gid=0 uid=0 type=link link=../${LONG_COMPONENT}`,
        `./name/link-to-bytes time=0.0 mode=777 gid=0 uid=0 type=link link=../\\351${LONG_COMPONENT}`,
        `./name/${LONG_COMPONENT} time=0.0 mode=644 gid=0 uid=0 type=file size=1`,
        `./name/\\351${LONG_COMPONENT} time=0.0 mode=644 gid=0 uid=0 type=file size=1`,
        `./owner/named gname=staff uname=${'u'.repeat(40)} time=0.0 mode=644 gid=0 uid=0 type=file size=1`,
        './owner/node time=0.0 mode=644 gid=262144 uid=262144 type=file size=1',
        './owner/openshift time=0.0 mode=644 gid=4294967294 uid=1000690000 type=file size=1',
        './pipe time=0.0 mode=644 gid=0 uid=0 type=fifo',
        `./${'p'.repeat(100)}/${'q'.repeat(100)} time=0.0 mode=644 gid=0 uid=0 type=file size=1`,
        './time/before time=-100.0 mode=644 gid=0 uid=0 type=file size=1',
        './time/fraction time=1700000000.250000000 mode=644 gid=0 uid=0 type=file size=1',
        './time/y2039 time=2180000000.0 mode=644 gid=0 uid=0 type=file size=1',
        './time/y2603 time=20000000000.0 mode=644 gid=0 uid=0 type=file size=1',
        './tmp time=0.0 mode=1777 gid=0 uid=0 type=dir',
        './xattr/capable time=0.0 mode=644 gid=0 uid=0 type=file size=1',
        './xattr/user time=0.0 mode=644 gid=0 uid=0 type=file size=1',
      ].sort(),
    );
  });
});

/** How each extracts everything, as root. */
const EXTRACT = [
  { reader: gnuTar, args: ['--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', '-', '-C'] },
  { reader: bsdtar, args: ['--numeric-owner', '-xpf', '-', '-C'] },
];

for (const { reader, args } of EXTRACT) {
  describeWith([reader, root, getfattr, xattrs], `${reader.name}, extracting what writeTar wrote`, () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'quinistry-tar-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('restores binary attributes, owners, times, hard links and names that are not UTF-8', async () => {
      // A device needs a right that root in a container may lack.
      const entries = MENAGERIE.filter(({ type }) => !type.endsWith('device'));
      run(reader.name, [...args, folder], await collect(writeTar(entries)));
      const attribute = (path: string, name: string) =>
        run('getfattr', ['--only-values', '-n', name, join(folder, path)]);
      expect(attribute('xattr/capable', 'security.capability')).toBe(CAPABILITY.toString('latin1'));
      expect(attribute('xattr/user', 'user.binary')).toBe(Buffer.from(BINARY_VALUE).toString('latin1'));
      expect(attribute('xattr/user', 'user.note')).toBe('two\nlines');
      expect(attribute('xattr/user', 'user.empty')).toBe('');
      const stat = (path: string, format: string) => run('stat', ['-c', format, join(folder, path)]).trim();
      expect(stat('owner/openshift', '%u %g')).toBe('1000690000 4294967294');
      expect(stat('time/before', '%Y')).toBe('-100');
      expect(stat('time/fraction', '%.2Y')).toBe('1700000000.25');
      expect(stat('etc/setuid', '%a')).toBe('4755');
      expect(stat('hard', '%i %h')).toBe(stat('etc/hello', '%i %h'));
      const names = readdirSync(join(folder, 'name'), { encoding: 'buffer' });
      expect(names.map((name) => name.toString('latin1'))).toEqual(
        expect.arrayContaining(['caf\u00e9', 'caf\u00c3\u00a9', `\u00e9${LONG_COMPONENT}`, LONG_COMPONENT]),
      );
      const target = readlinkSync(join(folder, 'name/link-to-bytes'), { encoding: 'buffer' });
      expect(target.toString('latin1')).toBe(`../\u00e9${LONG_COMPONENT}`);
    });
  });
}

describeWith([gnuTar, bsdtar], 'GNU tar and bsdtar, listing a file above 8 GiB', () => {
  it('show its size, which is in an extended header', async () => {
    const size = 2 ** 33 + 5;
    const head = encodeTarMemberHead({ ...ATTRIBUTES, path: 'large', type: 'file', content: { size, open: nothing } });
    const folder = mkdtempSync(join(tmpdir(), 'quinistry-tar-'));
    try {
      const archive = join(folder, 'large.tar');
      writeFileSync(archive, head);
      // A hole stands for the body, so the disk holds next to nothing.
      truncateSync(archive, head.length + size + paddingAfter(size) + 2 * BLOCK_SIZE);
      expect(run('tar', ['--numeric-owner', '-tvf', archive])).toMatch(/ 8589934597 .* large\n$/);
      expect(run('bsdtar', ['-tvf', archive])).toMatch(/ 8589934597 .* large\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('tar-stream, reading what writeTar wrote', () => {
  it('shows names, modes, times and links as given, and the rest in records', async () => {
    const reader = extract();
    reader.end(await collect(writeTar(MENAGERIE)));
    const seen = new Map<string, unknown>();
    for await (const entry of reader) {
      const { name, mode, uid, gid, mtime, type, linkname, pax } = entry.header;
      seen.set(name, { mode, uid, gid, mtime: mtime?.getTime(), type, linkname, pax });
      entry.resume();
    }
    expect(seen.size).toBe(MENAGERIE.length);
    const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0, type: 'file', linkname: null, pax: null };
    expect(seen.get('etc/')).toEqual({ ...plain, mode: 0o755, mtime: 1_700_000_000_000, type: 'directory' });
    expect(seen.get('etc/no-mode')).toEqual({ ...plain, mode: 0 });
    expect(seen.get('hard')).toEqual({ ...plain, type: 'link', linkname: 'etc/hello' });
    expect(seen.get('owner/node')).toEqual({ ...plain, uid: 262_144, gid: 262_144 });
    expect(seen.get('owner/openshift')).toEqual({ ...plain, pax: { uid: '1000690000', gid: '4294967294' } });
    expect(seen.get('time/before')).toEqual({ ...plain, pax: { mtime: '-100' } });
    expect(seen.get('time/y2039')).toEqual({ ...plain, mtime: 2_180_000_000_000 });
    expect(seen.get(`name/${LONG_COMPONENT}`)).toEqual({ ...plain, pax: { path: `name/${LONG_COMPONENT}` } });
    expect(seen.get(`${'p'.repeat(100)}/${'q'.repeat(100)}`)).toEqual(plain);
    expect(seen.get('name/link')).toMatchObject({ type: 'symlink', linkname: `../${LONG_COMPONENT}` });
  });
});
