/** A tree that never changes, with an entry of every kind, and every value that takes an extended header. */
import {
  blockDevice,
  characterDevice,
  directory,
  fifo,
  file,
  hardLink,
  type LayerEntry,
  opaqueWhiteout,
  symlink,
  whiteout,
} from '../src/index.js';

const MEBIBYTE = 1024 * 1024;
const LONG_NAME = 'n'.repeat(200);
const MAX_ID = 2 ** 32 - 1;

/** No UTF-8: Latin-1 for "café". */
const LATIN_NAME = Buffer.from('name/caf\u00e9', 'latin1');

/** `cap_net_bind_service=ep` as the kernel keeps it, which is not text. */
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

export function fixedTree(): LayerEntry[] {
  return [
    directory('.', { mode: 0o711 }),
    directory('empty'),
    directory('tmp', { mode: 0o1777 }),
    file('etc/hello', 'hello\n', { uid: 1000, gid: 1001, mtime: 1_700_000_000 }),
    file('etc/nothing', ''),
    file('etc/no-mode', 'x', { mode: 0 }),
    file('bin/setuid', 'x', { mode: 0o4755 }),
    directory('bin/setgid', { mode: 0o2755 }),
    // Not sorted by any locale, and not by UTF-16 code units either: the last two are U+FF5E and U+10000.
    ...['B', 'a', 'Z', '\u00e4', 'i', 'I', '\u0131', '\uff5e', '\u{10000}'].map((name) => file(`order/${name}`, name)),
    file(LATIN_NAME, 'latin'),
    file('name/caf\u00e9', 'composed'),
    file('name/cafe\u0301', 'decomposed'),
    file(`name/${LONG_NAME}`, 'long'),
    directory(`name/${LONG_NAME}.d`),
    file(`${'deep/'.repeat(60)}file`, 'deep'),
    symlink('link', 'etc/hello'),
    symlink('link-to-long', `name/${LONG_NAME}`),
    symlink('link-to-latin', LATIN_NAME),
    hardLink('hard', 'etc/hello'),
    hardLink('hard-to-latin', LATIN_NAME),
    characterDevice('dev/null', { major: 1, minor: 3 }, { mode: 0o666 }),
    blockDevice('dev/disk', { major: 4095, minor: 1_048_575 }),
    fifo('run/pipe'),
    file('owner/openshift', 'x', { uid: 1_000_690_000, gid: 1_000_690_000 }),
    file('owner/last', 'x', { uid: MAX_ID, gid: MAX_ID }),
    file('owner/named', 'x', { uname: 'u'.repeat(40), gname: '\u00e4gypten' }),
    file('time/before', 'x', { mtime: -100.5 }),
    file('time/fraction', 'x', { mtime: 1_700_000_000.123 }),
    file('time/date', 'x', { mtime: new Date('2001-02-03T04:05:06.789Z') }),
    file('time/y2603', 'x', { mtime: 20_000_000_000 }),
    file('xattr/capable', 'x', { xattrs: { 'security.capability': CAPABILITY } }),
    file('xattr/several', 'x', {
      xattrs: {
        'user.z': Buffer.from('two\nlines'),
        'user.a': Uint8Array.of(0, 255, 10, 61, 128, 0),
        'user.empty': new Uint8Array(0),
      },
    }),
    directory('xattr/directory', { xattrs: { 'user.note': Buffer.from('of a directory') } }),
    whiteout('etc/removed'),
    opaqueWhiteout('etc/replaced'),
    file('etc/replaced/new', 'x'),
    // More than one block of gzip, and not a multiple of anything.
    file('large', prose(3 * MEBIBYTE + 17)),
  ];
}

/** Words in an order that only looks random: compresses as text does. */
function prose(size: number): Uint8Array {
  const words = ['layer', 'digest', 'manifest', 'blob', 'index', 'config', 'platform', 'whiteout', 'quine', '\n'];
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let offset = 0; offset < size; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    offset += bytes.write(`${words[state % words.length]} ${(state >>> 12).toString(36)} `, offset);
  }
  return bytes;
}
