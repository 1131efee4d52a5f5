import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, collect, directory, file, flatten, symlink } from './fixtures/archive.js';
import { readTar } from './read-tar.js';
import type { TarEntry } from './tar-entry.js';
import { writeTar } from './write-tar.js';

const write = (...entries: readonly TarEntry[]) => collect(writeTar(entries));

/** The octal field of a header, as text. */
const field = (archive: Buffer, start: number, width: number) => archive.toString('latin1', start, start + width);

/** An archive's extended header as text, or `''` where its first member has none. */
function recordsOf(archive: Buffer): string {
  if (field(archive, 156, 1) !== 'x') return '';
  return archive.toString('latin1', 512, 512 + Number.parseInt(field(archive, 124, 11), 8));
}

async function readBack(entry: TarEntry) {
  for await (const read of readTar(writeTar([entry]))) return read;
  throw new Error('the archive is empty');
}

describe('writeTar', () => {
  it('writes exactly 1024 zero bytes for no entries', async () => {
    expect(await write()).toEqual(Buffer.alloc(1024));
  });

  it('writes a header, a body and its padding, and two zero blocks, byte for byte', async () => {
    const archive = await write(
      file('a/b', 'hello', { mode: 0o600, uid: 1000, gid: 1001, mtime: 1_700_000_000, uname: 'u' }),
    );
    expect(archive.length).toBe(512 + 512 + 1024);
    expect(archive.toString('latin1', 0, 4)).toBe('a/b\0');
    expect(field(archive, 100, 57)).toBe(
      '0000600\0' + '0001750\0' + '0001751\0' + '00000000005\0' + '14524770400\0' + '010036\0 ' + '0',
    );
    expect(field(archive, 257, 10)).toBe('ustar\x0000u\0');
    expect(field(archive, 329, 16)).toBe('0000000\0' + '0000000\0');
    expect(archive.toString('latin1', 512, 518)).toBe('hello\0');
    expect(archive.subarray(517)).toEqual(Buffer.alloc(archive.length - 517));
  });

  it('gives the same bytes for the same entries, in whatever order attributes were added', async () => {
    const xattrs = [
      ['user.b', Buffer.from('2')],
      ['user.a', Buffer.from('1')],
    ] as const;
    const one = await write(file('a', 'x', { xattrs: new Map(xattrs) }));
    expect(await write(file('a', 'x', { xattrs: new Map([...xattrs].reverse()) }))).toEqual(one);
    expect(recordsOf(one)).toBe('25 SCHILY.xattr.user.a=1\n25 SCHILY.xattr.user.b=2\n');
  });

  it('writes an extended header only for what ustar cannot carry', async () => {
    const split = `${'p'.repeat(155)}/${'n'.repeat(100)}`;
    const full = { uid: 0o7777777, gid: 0o7777777, mtime: 0o77777777777, uname: 'u'.repeat(31), gname: 'g'.repeat(31) };
    expect(recordsOf(await write(file(split, 'x', full)))).toBe('');
    expect(recordsOf(await write(symlink('caf\u00e9', 't'.repeat(100))))).toBe('');
    expect(recordsOf(await write(file('a', '', { uid: 0o10000000 })))).toBe('15 uid=2097152\n');
    expect(recordsOf(await write(file('a', '', { mtime: 0o100000000000 })))).toBe('20 mtime=8589934592\n');
    expect(recordsOf(await write(symlink('a', 't'.repeat(101))))).toBe(`115 linkpath=${'t'.repeat(101)}\n`);
    expect(recordsOf(await write(file(`${'p'.repeat(156)}/n`)))).toBe(`168 path=${'p'.repeat(156)}/n\n`);
  });

  it('marks paths that are not UTF-8 as binary where they stand in a record, before they do', async () => {
    const bytes = Buffer.alloc(101, 0xff);
    expect(recordsOf(await write(file(bytes)))).toBe(`21 hdrcharset=BINARY\n111 path=${bytes.toString('latin1')}\n`);
    expect(recordsOf(await write(file(bytes.subarray(1))))).toBe('');
  });

  it('puts the size of a file above 8 GiB into a record, and keeps 0 in the header', async () => {
    const size = 2 ** 33;
    const content = { size, open: () => endless(size) };
    let bytes = 0;
    let head: Uint8Array | undefined;
    for await (const chunk of writeTar([{ ...ATTRIBUTES, path: 'large', type: 'file', content }])) {
      head ??= Uint8Array.from(chunk);
      bytes += chunk.length;
    }
    expect(recordsOf(Buffer.from(head ?? []))).toBe('19 size=8589934592\n');
    expect(field(Buffer.from(head ?? []), 1024 + 124, 12)).toBe('00000000000\0');
    expect(bytes).toBe(1536 + size + 1024);
  });

  it('gathers headers, small bodies and padding, and passes large chunks on as they are', async () => {
    const small = Array.from({ length: 1000 }, (_, i) => file(`f${i}`, 'x'));
    const large = new Uint8Array(1_000_000);
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTar([...small, file('large', large), file('last', 'x')])) chunks.push(chunk);
    expect(chunks).toContain(large);
    expect(chunks.length).toBeLessThan(25);
  });

  it.each([
    ['shrinks', 'x'.repeat(9), '"log" gave 9 bytes where 10 were announced: it changed while it was read'],
    ['grows', 'x'.repeat(11), '"log" gave at least 11 bytes where 10 were announced: it changed while it was read'],
  ])(
    'fails with FILE_CHANGED for a file that %s while it is read, and leaves no end-of-archive mark',
    async (_, body, message) => {
      const content = { size: 10, open: () => once(body) };
      const written: Uint8Array[] = [];
      const writing = (async () => {
        for await (const chunk of writeTar([{ ...ATTRIBUTES, path: 'log', type: 'file', content }]))
          written.push(chunk);
      })();
      await expect(writing).rejects.toMatchObject({ code: 'FILE_CHANGED', message });
      expect(Buffer.concat(written).length).toBeLessThan(512 + 512 + 1024);
    },
  );

  it('refuses content that gives text, which would become as many zero bytes', async () => {
    const open = () => Readable.from([Buffer.from('text')], { objectMode: false, encoding: 'utf8' });
    const entry: TarEntry = { ...ATTRIBUTES, path: 'log', type: 'file', content: { size: 4, open } };
    await expect(write(entry)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('the content of "log" yields a value of type string, expected bytes'),
    });
  });

  it('stops between chunks when its signal aborts, and closes the content', async () => {
    const controller = new AbortController();
    let isClosed = false;
    const content = {
      size: 10_000_000,
      async *open() {
        try {
          for (;;) yield new Uint8Array(100_000);
        } finally {
          isClosed = true;
        }
      },
    };
    const reading = (async () => {
      const entries: TarEntry[] = [{ ...ATTRIBUTES, path: 'a', type: 'file', content }];
      for await (const _ of writeTar(entries, { signal: controller.signal })) controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(isClosed).toBe(true);
  });
});

describe('writeTar, where tar-stream 3.2.2 goes wrong', () => {
  it('keeps a uid and gid above 262143, as OpenShift has them', async () => {
    for (const id of [262_144, 2_097_152, 1_000_690_000, 4_294_967_295]) {
      expect(await readBack(file('a', '', { uid: id, gid: id }))).toMatchObject({ uid: id, gid: id });
    }
  });

  it('keeps times past 2038, before 1970 and between seconds', async () => {
    for (const mtime of [2 ** 31, 2 ** 33, 20_000_000_000, -1, -1.5, 1_700_000_000.123456]) {
      expect(await readBack(file('a', '', { mtime }))).toMatchObject({ mtime });
    }
  });

  it('keeps binary values of extended attributes', async () => {
    const capability = Buffer.from('0100000200040000ff00000000000000000a003d', 'hex');
    const read = await readBack(file('a', '', { xattrs: new Map([['security.capability', capability]]) }));
    expect(Buffer.from(read.xattrs.get('security.capability') ?? [])).toEqual(capability);
  });

  it('writes no stale record when an entry that was read is written again under another name', async () => {
    const [first, second] = ['1', '2'].map((digit) => digit.repeat(200));
    const read = await readBack({ ...ATTRIBUTES, path: first ?? '', type: 'fifo' });
    if (read.type === 'file') throw new Error('a fifo was read as a file');
    expect(recordsOf(await write({ ...read, path: second ?? '' }))).toBe(`210 path=${second}\n`);
  });

  it('ends the name of a directory in a slash', async () => {
    expect(field(await write(directory('a/b')), 0, 5)).toBe('a/b/\0');
    expect(recordsOf(await write(directory('d'.repeat(100))))).toBe(`111 path=${'d'.repeat(100)}/\n`);
  });

  it('writes mode 0 and time 0 as given, never a default', async () => {
    expect(await readBack(file('a', '', { mode: 0, mtime: 0 }))).toMatchObject({ mode: 0, mtime: 0 });
  });

  it('keeps a uname longer than 32 bytes out of gname', async () => {
    const owner = { uname: 'u'.repeat(33), gname: '' };
    expect(await readBack(file('a', '', owner))).toMatchObject(owner);
  });
});

describe('writeTar, given an entry that no archive can carry', () => {
  it.each<[string, TarEntry, string]>([
    ['an empty path', file(''), '"": path is empty, not a path'],
    ['a NUL in a path', file('a\0b'), '"a\\u0000b": path is "a\\u0000b", not free of NUL bytes'],
    ['half a surrogate pair', file('a\ud800'), 'path is half of a UTF-16 pair, not text'],
    ['a file that ends in a slash', file('a/'), '"a/": path is one that ends in a slash, not the path of a file'],
    ['a mode with a file type', file('a', '', { mode: 0o100644 }), 'mode is 33188, not a whole number from 0 to 4095'],
    ['a uid of -1', file('a', '', { uid: -1 }), '"a": uid is -1, not a whole number from 0 to 4294967295'],
    ['a gid of 2^32', file('a', '', { gid: 2 ** 32 }), 'gid is 4294967296, not a whole number'],
    ['a time that is no number', file('a', '', { mtime: Number.NaN }), '"a": mtime is NaN, not a number of seconds'],
    ['a link to nothing', symlink('a', ''), '"a": target is empty, not a path'],
    ['a minor of 2^21', { ...ATTRIBUTES, path: 'a', type: 'block-device', major: 1, minor: 2 ** 21 }, 'below 2^21'],
    ['an attribute named with =', file('a', '', { xattrs: new Map([['user.a=b', new Uint8Array()]]) }), 'free of "="'],
    [
      'attributes above 1 MiB',
      file('a', '', { xattrs: new Map([['user.a', Buffer.alloc(2 ** 20)]]) }),
      'at most 1048576',
    ],
  ])('refuses %s with ENTRY_INVALID', async (_, entry, message) => {
    await expect(write(entry)).rejects.toMatchObject({
      code: 'ENTRY_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('writeTar, given an asynchronous source of entries', () => {
  it('writes the same as for an array', async () => {
    const entries = [directory('a'), file('a/b', 'x')];
    const source = (async function* () {
      yield* entries;
    })();
    const archive = await collect(writeTar(source));
    expect(archive).toEqual(await write(...entries));
    expect(await flatten(readTar(once(archive)))).toEqual(await flatten(entries));
  });
});

async function* once(bytes: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

/** `size` zero bytes that take no memory. */
async function* endless(size: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(2 ** 26);
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}
