import { describe, expect, it } from 'vitest';
import { readAll } from '../content/read-all.js';
import type { EntryAttributes } from './entry-attributes.js';
import {
  blockDevice,
  characterDevice,
  directory,
  fifo,
  file,
  hardLink,
  opaqueWhiteout,
  symlink,
  whiteout,
} from './layer-entry.js';

describe('file', () => {
  it.each([
    ['text', 'ü'],
    ['bytes', Uint8Array.of(0xc3, 0xbc)],
    [
      'a stream of known size',
      {
        size: 2,
        async *open() {
          yield Uint8Array.of(0xc3, 0xbc);
        },
      },
    ],
  ])('takes its content as %s', async (_, content) => {
    const entry = file('/etc//greeting', content);
    expect(entry).toMatchObject({ type: 'file', path: 'etc/greeting', content: { size: 2 } });
    expect(entry.type === 'file' && [...(await readAll(entry.content.open(), { maxBytes: 2 }))]).toEqual([0xc3, 0xbc]);
  });

  it('refuses a content of another kind, and one without a size', () => {
    const contents: unknown[] = [
      7,
      null,
      { size: 2 },
      { open: () => [] },
      { size: -1, open: () => [] },
      { size: 0.5, open: () => [] },
    ];
    for (const content of contents) {
      expect(() => file('a', content as string)).toThrow(expect.objectContaining({ code: 'ENTRY_INVALID' }));
    }
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(file('a', ''))).toBe(true);
  });

  it('refuses a name that would remove files of other layers', () => {
    for (const path of ['.wh.a', 'd/.wh.a', '.wh..wh..opq', '.wh.d/a', '.wh.']) {
      expect(() => file(path, '')).toThrow(/expected whiteout\(\)/);
    }
    expect(file('.whale', '').path).toBe('.whale');
  });

  it('refuses to be the root', () => {
    expect(() => file('/', '')).toThrow(/root of the layer, expected a directory/);
  });
});

describe('attributes', () => {
  it('setuid, setgid and sticky bits survive', () => {
    expect(file('a', '', { mode: 0o7755 }).mode).toBe(0o7755);
  });

  it('takes owners up to 2^32-1', () => {
    expect(file('a', '', { uid: 4294967295, gid: 1000690000 })).toMatchObject({ uid: 4294967295, gid: 1000690000 });
  });

  it('takes a time as a date or in seconds, with a fraction and before 1970', () => {
    expect(directory('a', { mtime: new Date('1970-01-01T00:00:01.5Z') }).mtime).toBe(1.5);
    expect(directory('a', { mtime: -0.25 }).mtime).toBe(-0.25);
  });

  it('leaves out what is not given', () => {
    expect(Object.keys(directory('a', { mode: undefined }))).toEqual(['path', 'type']);
  });

  it('takes extended attributes as a record or a map, and copies their bytes', () => {
    const value = Uint8Array.of(0, 255);
    const entries = [fifo('a', { xattrs: { 'user.x': value } }), fifo('a', { xattrs: new Map([['user.x', value]]) })];
    value.fill(1);
    for (const { xattrs } of entries) expect(xattrs?.get('user.x')).toEqual(Uint8Array.of(0, 255));
  });

  const wrong: [string, { [Key in keyof EntryAttributes]: unknown }][] = [
    ['mode', { mode: 0o10000 }],
    ['mode', { mode: '755' }],
    ['uid', { uid: -1 }],
    ['uid', { uid: 2 ** 32 }],
    ['gid', { gid: 1.5 }],
    ['uname', { uname: 'a\0b' }],
    ['gname', { gname: 5 }],
    ['mtime', { mtime: new Date('never') }],
    ['mtime', { mtime: Number.POSITIVE_INFINITY }],
    ['mtime', { mtime: '0' }],
    ['user.x', { xattrs: { 'user.x': 'text' } }],
    ['xattr', { xattrs: { 'user.x=y': Uint8Array.of() } }],
    ['xattr', { xattrs: { '': Uint8Array.of() } }],
    ['xattrs', { xattrs: 'user.x' }],
  ];
  it.each(wrong)('refuses %s in %o, naming the entry, the field and what was expected', (field, attributes) => {
    expect(() => file('etc/a', '', attributes as EntryAttributes)).toThrow(
      expect.objectContaining({
        code: 'ENTRY_INVALID',
        message: expect.stringMatching(new RegExp(`^entry "etc/a": .*${field.replace('.', '\\.')}.*expected `)),
      }),
    );
  });
});

describe('symlink', () => {
  it('keeps its target as it is given', () => {
    expect(symlink('a', '../../x//y/')).toMatchObject({ type: 'symlink', target: '../../x//y/' });
    expect(symlink('a', Uint8Array.of(0xff))).toMatchObject({ target: Uint8Array.of(0xff) });
  });

  it('refuses a target that is empty or holds a NUL', () => {
    expect(() => symlink('a', '')).toThrow(/^entry "a": its target is empty/);
    expect(() => symlink('a', 'b\0')).toThrow(/^entry "a": its target holds a NUL/);
  });
});

describe('hardLink', () => {
  it('names its target from the root of the layer', () => {
    expect(hardLink('a/b', '/a//c')).toMatchObject({ type: 'hardlink', target: 'a/c' });
  });

  it('refuses a target outside the layer, the root, and a marker', () => {
    for (const target of ['../a', '/', '', '.wh.a'])
      expect(() => hardLink('a', target)).toThrow(/^entry "a": its target .*expected/);
  });
});

describe('characterDevice and blockDevice', () => {
  it('carry the numbers of the device', () => {
    expect(characterDevice('dev/null', { major: 1, minor: 3 })).toMatchObject({
      type: 'character-device',
      major: 1,
      minor: 3,
    });
    expect(blockDevice('dev/x', { major: 4095, minor: 1048575 })).toMatchObject({
      type: 'block-device',
      major: 4095,
      minor: 1048575,
    });
  });

  it('refuse numbers that Linux has no room for', () => {
    expect(() => characterDevice('a', { major: 4096, minor: 0 })).toThrow(
      /major is 4096, expected an integer from 0 to 4095/,
    );
    expect(() => blockDevice('a', { major: 0, minor: 2 ** 20 })).toThrow(/minor/);
  });
});

describe('whiteout', () => {
  it('names what is removed', () => {
    expect(whiteout('/etc//motd')).toEqual({ type: 'whiteout', path: 'etc/motd' });
  });

  it('refuses the root, and a name that is a marker already', () => {
    expect(() => whiteout('/')).toThrow(/root/);
    expect(() => whiteout('etc/.wh.motd')).toThrow(/\.wh\./);
  });
});

describe('opaqueWhiteout', () => {
  it('names the directory that is emptied, which may be the root', () => {
    expect(opaqueWhiteout('etc/')).toEqual({ type: 'opaque-whiteout', path: 'etc' });
    expect(opaqueWhiteout('/')).toEqual({ type: 'opaque-whiteout', path: '.' });
  });
});
