import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../content/content.js';
import { readAll } from '../content/read-all.js';
import type { TarEntry } from '../content/tar/tar-entry.js';
import { OciError } from '../errors.js';
import { arrangeEntries } from './arrange-entries.js';
import { directory, fifo, file, hardLink, opaqueWhiteout, symlink, whiteout } from './layer-entry.js';
import { DEFAULT_TIME_SECONDS } from './reproducible-time.js';

const CONTENT = contentOf('text');

describe('arrangeEntries', () => {
  describe('order', () => {
    it('order is by bytes, not by locale', () => {
      const names = ['ä', 'b', 'Z', 'a', '-', '10', '9', 'é', 'zz', '\u{1F600}', '\uFFFD'];
      const byBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(paths(arrangeEntries(names.map((name) => file(name, ''))))).toEqual(byBytes);
    });

    it('puts a directory and all below it before a longer name that starts like it', () => {
      const entries = [file('a-b', ''), file('a/b', ''), directory('a'), file('a.c', '')];
      expect(paths(arrangeEntries(entries))).toEqual(['a', 'a/b', 'a-b', 'a.c']);
    });

    it('puts an opaque marker first in its directory, and a whiteout where its file would be', () => {
      const entries = [file('d/!', ''), whiteout('d/x'), file('d/y', ''), opaqueWhiteout('d')];
      expect(paths(arrangeEntries(entries))).toEqual(['d', 'd/.wh..wh..opq', 'd/!', 'd/.wh.x', 'd/y']);
    });

    it('puts the root first, and its opaque marker next', () => {
      const entries = [file('a', ''), opaqueWhiteout('/'), directory('/', { mode: 0o700 })];
      expect(paths(arrangeEntries(entries))).toEqual(['.', '.wh..wh..opq', 'a']);
    });

    it('does not depend on the order in which entries are given', () => {
      const name = fc.constantFrom('a', 'b', 'ü', '-', 'a.b', '\u{1F600}');
      const files = fc.uniqueArray(fc.array(name, { minLength: 3, maxLength: 3 }).map((parts) => parts.join('/')));
      const shuffled = files.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
      );
      fc.assert(
        fc.property(shuffled, ([all, others]) => {
          const [one, other] = [all, others].map((list) => paths(arrangeEntries(list.map((path) => file(path, '')))));
          expect(other).toEqual(one);
        }),
      );
    });
  });

  describe('parents', () => {
    it('parent directories that are left out are added as root’s, with mode 0755 and the time of the layer', () => {
      const arranged = arrangeEntries([file('usr/lib/a', '', { uid: 7, mtime: 3 })], {
        mtime: 9,
        owner: { uid: 5, gid: 5 },
      });
      expect(arranged.map(({ path, type, mode, uid, gid, mtime }) => ({ path, type, mode, uid, gid, mtime }))).toEqual([
        { path: 'usr', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 9 },
        { path: 'usr/lib', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 9 },
        { path: 'usr/lib/a', type: 'file', mode: 0o644, uid: 7, gid: 5, mtime: 3 },
      ]);
    });

    it('keeps a parent that is given, with its attributes', () => {
      const arranged = arrangeEntries([file('tmp/a', ''), directory('tmp', { mode: 0o1777 })]);
      expect(arranged.map(({ mode }) => mode)).toEqual([0o1777, 0o644]);
    });

    it('leaves them out on request, so that a symbolic link in the base image is not shadowed (jib#1576)', () => {
      expect(paths(arrangeEntries([file('lib/a', '')], { parents: 'omit' }))).toEqual(['lib/a']);
    });

    it.each(['add', 'omit'] as const)(
      'refuses an entry below one that is not a directory, with parents: %s',
      (parents) => {
        for (const parent of [file('a', ''), symlink('a', 'b'), fifo('a'), whiteout('a')]) {
          expect(() => arrangeEntries([file('a/b/c', ''), parent], { parents })).toThrow(
            expect.objectContaining({
              code: 'ENTRY_INVALID',
              message: expect.stringContaining(`"a", which is a ${parent.type}`),
            }),
          );
        }
      },
    );
  });

  describe('duplicates', () => {
    it('a path added twice is an error by default, which names both', () => {
      expect(() => arrangeEntries([file('x', ''), file('a', ''), symlink('./a', 'b')])).toThrow(
        expect.objectContaining({
          code: 'ENTRY_DUPLICATE',
          message: expect.stringMatching(/"a": given twice, as number 2, a file, and as number 3, a symlink/),
        }),
      );
    });

    it('./a, a//b, /a name one path', () => {
      for (const [one, other] of [
        ['./a', 'a'],
        ['/a', 'a/'],
        ['a//b', 'a/./b'],
      ] as const) {
        expect(() => arrangeEntries([file(one, ''), file(other, '')])).toThrow(/given twice/);
      }
    });

    it('the last one wins if asked', async () => {
      const [only, ...rest] = arrangeEntries([file('a', '1'), file('/a', '22')], { duplicates: 'last' });
      expect(rest).toEqual([]);
      expect(only?.type === 'file' && (await readAll(only.content.open(), { maxBytes: 10 })).length).toBe(2);
    });

    it('refuses a path that is removed and written in one layer', () => {
      expect(() => arrangeEntries([whiteout('a'), directory('a')])).toThrow(/given twice/);
    });

    it('takes names that differ only in bytes that are not UTF-8 as two', () => {
      const arranged = arrangeEntries([file(Uint8Array.of(0x61, 0xff), ''), file(Uint8Array.of(0x61, 0xfe), '')]);
      expect(paths(arranged)).toEqual([Uint8Array.of(0x61, 0xfe), Uint8Array.of(0x61, 0xff)]);
    });
  });

  describe('times and owners', () => {
    it('has a fixed time and owner where nothing is given', () => {
      const [entry] = arrangeEntries([file('a', '')]);
      expect(entry).toMatchObject({ mtime: DEFAULT_TIME_SECONDS, uid: 0, gid: 0, uname: '', gname: '' });
    });

    it('takes the time of the layer as a date as well', () => {
      expect(arrangeEntries([file('a', '')], { mtime: new Date(1500) })).toMatchObject([{ mtime: 1.5 }]);
    });

    it('brings later times down to that of the layer, and leaves earlier ones, with clampMtime', () => {
      const entries = [file('late', '', { mtime: 200 }), file('early', '', { mtime: 50 })];
      const times = (clampMtime: boolean) =>
        arrangeEntries(entries, { mtime: 100, clampMtime }).map(({ mtime }) => mtime);
      expect(times(true)).toEqual([50, 100]);
      expect(times(false)).toEqual([50, 200]);
    });

    it('refuses defaults that no entry could have', () => {
      expect(() => arrangeEntries([], { owner: { uid: -1, gid: 0 } })).toThrow(/owner\.uid is -1, expected an integer/);
      expect(() => arrangeEntries([], { mtime: new Date(Number.NaN) })).toThrow(/mtime/);
    });
  });

  describe('hard links', () => {
    it('carries the file under its first name, so that each link comes after it and the order stays', async () => {
      const arranged = arrangeEntries([hardLink('a/link', 'b/link'), file('z', 'text'), hardLink('b/link', 'z')]);
      expect(arranged).toMatchObject([
        { path: 'a', type: 'directory' },
        { path: 'a/link', type: 'file', content: { size: 4 } },
        { path: 'b', type: 'directory' },
        { path: 'b/link', type: 'hardlink', target: 'a/link' },
        { path: 'z', type: 'hardlink', target: 'a/link' },
      ]);
    });

    it('gives one layer, whichever of the names is given as the file', () => {
      const one = arrangeEntries([file('a', CONTENT, { uid: 3 }), hardLink('b', 'a'), hardLink('c', 'b')]);
      const other = arrangeEntries([hardLink('a', 'c'), hardLink('b', 'c'), file('c', CONTENT, { uid: 3 })]);
      expect(other).toEqual(one);
    });

    it('gives a link the attributes of the file that it is another name of', () => {
      const arranged = arrangeEntries([
        file('a', '', { mode: 0o4755, uid: 3, mtime: 4, xattrs: { 'user.x': Uint8Array.of(1) } }),
        hardLink('b', 'a', { mode: 0o600 }),
      ]);
      expect(arranged[1]).toEqual({ ...arranged[0], path: 'b', type: 'hardlink', target: 'a', content: undefined });
    });

    it('may be another name of a symbolic link', () => {
      expect(arrangeEntries([symlink('a', 'x'), hardLink('b', 'a')])).toMatchObject([{}, { target: 'a', mode: 0o777 }]);
    });

    it('refuses a link to a file that is not in the layer, unless asked to keep it', () => {
      const link = hardLink('a', 'base/file', { mode: 0o755 });
      expect(() => arrangeEntries([link])).toThrow(/"base\/file", which is not in this layer/);
      const chain = [hardLink('b', 'a'), link];
      expect(arrangeEntries(chain, { outsideLinks: 'keep' })).toMatchObject([
        { path: 'a', target: 'base/file', mode: 0o755 },
        { path: 'b', target: 'base/file', mode: 0o755 },
      ]);
    });

    it('refuses a link to a directory, to what the layer removes, and in a circle', () => {
      expect(() => arrangeEntries([hardLink('a', 'd'), directory('d')])).toThrow(/which is a directory/);
      expect(() => arrangeEntries([hardLink('a', 'd'), whiteout('d')])).toThrow(/which is a whiteout/);
      expect(() => arrangeEntries([hardLink('a', 'b'), hardLink('b', 'a')])).toThrow(/leads back/);
      expect(() => arrangeEntries([hardLink('a', 'a')])).toThrow(/leads back/);
    });
  });

  it('no entry escapes the root, also not one that was changed after it was made', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '.wh.a', '\0', '\ud800'), fc.string({ unit: 'binary' }));
    const path = fc.oneof(
      fc.array(part).map((parts) => parts.join('/')),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(path, path, (first, second) => {
        const made = [file('a', ''), hardLink('b', 'a')];
        const given = [
          { ...made[0], path: first },
          { ...made[1], path: second, target: first },
        ] as typeof made;
        try {
          for (const entry of arrangeEntries(given)) {
            const names = [entry.path, ...(entry.type === 'hardlink' ? [entry.target] : [])];
            for (const name of names.map((each) => Buffer.from(each as string).toString('latin1'))) {
              expect(name).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|\0|\/\/|\/$|^$|(^|\/)\.wh\./);
            }
          }
        } catch (error) {
          expect(error).toBeInstanceOf(OciError);
        }
      }),
    );
  });
});

function paths(entries: readonly TarEntry[]): TarEntry['path'][] {
  return entries.map(({ path }) => path);
}
