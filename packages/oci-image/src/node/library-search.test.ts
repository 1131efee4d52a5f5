import { describe, expect, it } from 'vitest';
import type { SearchingObject } from './library-search.js';
import { objectDirectories } from './library-search.js';
import type { Loader } from './loader.js';

const provides = () => false;
const GLIBC: Loader = {
  family: 'glibc',
  path: '/lib64/ld-linux-x86-64.so.2',
  configuration: '/etc/ld.so.cache',
  directories: ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'],
  provides,
};
const MUSL: Loader = {
  family: 'musl',
  path: '/lib/ld-musl-x86_64.so.1',
  configuration: '/etc/ld-musl-x86_64.path',
  directories: ['/lib', '/usr/local/lib', '/usr/lib'],
  provides,
};

function search(loader: Loader, object: SearchingObject): string[] {
  return objectDirectories(object, loader, 'x86_64');
}

describe('objectDirectories', () => {
  it.each([
    ['$ORIGIN/../lib', ['/opt/node/bin/../lib']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the loader's own notation.
    ['${ORIGIN}:/a', ['/opt/node/bin', '/a']],
    ['/x/$LIB', ['/x/lib/x86_64-linux-gnu']],
    ['/x/$PLATFORM/y', ['/x/x86_64/y']],
    ['/x/$OTHER', ['/x/$OTHER']],
    ['', []],
    [':relative::/a:/a', ['/a']],
  ])('reads the RUNPATH %j of glibc as %j', (runpath, directories) => {
    expect(search(GLIBC, { origin: '/opt/node/bin', runpath })).toEqual(directories);
  });

  it('passes an RPATH on to what the object needs, the nearest first', () => {
    const program = { origin: '/bin', rpath: '/program' };
    const library = { origin: '/lib', rpath: '/library', neededBy: program };
    expect(search(GLIBC, { origin: '/lib', neededBy: library })).toEqual(['/library', '/program']);
  });

  it('keeps a RUNPATH to the object itself, where no RPATH counts any more', () => {
    const program = { origin: '/bin', rpath: '/program' };
    expect(search(GLIBC, { origin: '/lib', rpath: '/old', runpath: '/own', neededBy: program })).toEqual(['/own']);
    expect(search(GLIBC, { origin: '/lib', neededBy: { origin: '/bin', runpath: '/program' } })).toEqual([]);
    expect(search(GLIBC, { origin: '/lib', neededBy: { ...program, runpath: '/program' } })).toEqual([]);
  });

  it('passes on RPATH and RUNPATH alike with musl', () => {
    const program = { origin: '/bin', runpath: '/program' };
    expect(search(MUSL, { origin: '/lib', rpath: '/old', runpath: '/own', neededBy: program })).toEqual([
      '/own',
      '/program',
    ]);
  });

  it('gives up a path with any token but $ORIGIN with musl', () => {
    expect(search(MUSL, { origin: '/bin', runpath: '/a:$LIB' })).toEqual([]);
    expect(search(MUSL, { origin: '/bin', runpath: '/a:$ORIGIN' })).toEqual(['/a', '/bin']);
  });
});
