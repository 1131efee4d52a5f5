import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectorySync } from './directory-sync.js';
import { Journal } from './journal.js';
import { formatRecord, formatStart, type JournalOperation } from './journal-record.js';

const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const writeSync = (file: number, bytes: Uint8Array, start: number, length: number, position: number) => {
    if (disk.room === 0) throw new Error('the disk is full');
    return original.writeSync(file, bytes, start, Math.min(length, disk.room), position);
  };
  return { ...original, writeSync };
});

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quinistry-journal-'));
  path = join(directory, 'journal');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

function untag(tag: string): JournalOperation {
  return { op: 'untag', repository: 'app', tag };
}

function put(text: string): JournalOperation {
  const digest = digestOf(Buffer.from(text));
  return { op: 'put', repository: 'team/app', digest, mediaType: 'application/json', size: 1, tags: ['ä', text] };
}

async function openJournal() {
  return Journal.open(path, new DirectorySync());
}

async function reread(): Promise<readonly JournalOperation[]> {
  const { journal, operations } = await openJournal();
  await journal.close();
  return operations;
}

async function appendAndSettle(journal: Journal, operation: JournalOperation): Promise<void> {
  await journal.append(operation, () => {});
  await journal.settle(operation.repository, [operation]);
}

/** Makes it long with what is not needed. */
async function fill(journal: Journal): Promise<void> {
  const operations = Array.from({ length: 500 }, () => untag('x'.repeat(10_000)));
  await Promise.all(operations.map((operation) => journal.append(operation, () => {})));
  await journal.settle('app', operations);
}

async function spyOnFiles(method: 'datasync' | 'write') {
  const probe = await open(path, 'r');
  const spy = vi.spyOn(Object.getPrototypeOf(probe), method);
  await probe.close();
  return spy;
}

describe('Journal', () => {
  it('gives back what was appended, in order, after it was opened again', async () => {
    const { journal, operations } = await openJournal();
    expect(operations).toEqual([]);
    const wanted = [put('a'), untag('b'), put('c')];
    for (const operation of wanted) await journal.append(operation, () => {});
    await journal.close();
    expect(await reread()).toEqual(wanted);
  });

  it('applies an operation once it is in the file, and in the order of the file', async () => {
    const { journal } = await openJournal();
    const applied: string[] = [];
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((tag) =>
        journal.append(untag(tag), () => {
          applied.push(tag);
        }),
      ),
    );
    await journal.close();
    expect(applied).toEqual((await reread()).map((operation) => (operation.op === 'untag' ? operation.tag : '')));
  });

  it('ends where a line is torn or damaged, at whatever byte, and goes on from there', async () => {
    const { journal } = await openJournal();
    const wanted = [put('a'), untag('b'), put('c'), untag('d')];
    for (const operation of wanted) await journal.append(operation, () => {});
    await journal.close();
    const whole = await readFile(path);
    const length = whole.indexOf(0);
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.constantFrom('cut', 'flip'), async (at, kind) => {
        const damaged = Buffer.from(whole);
        if (kind === 'cut') damaged.fill(0, at);
        else damaged.writeUInt8(damaged.readUInt8(at) ^ 0x11, at);
        await writeFile(path, damaged);
        const opened = await openJournal();
        expect(wanted.slice(0, opened.operations.length)).toEqual(opened.operations);
        expect(opened.operations.length).toBeLessThan(wanted.length);
        await opened.journal.append(untag('next'), () => {});
        await opened.journal.close();
        expect(await reread()).toEqual([...opened.operations, untag('next')]);
      }),
      { numRuns: 40 },
    );
  });

  it('takes no line for valid that stood behind other lines: an earlier round is not done again', async () => {
    const { journal } = await openJournal();
    for (const tag of ['a', 'b', 'c']) await appendAndSettle(journal, untag(tag));
    await journal.trim();
    await journal.append(untag('a'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('a')]);
  });

  it('keeps what is still needed when it is shortened', async () => {
    const { journal } = await openJournal();
    await journal.append(untag('a'), () => {});
    await journal.trim();
    await journal.append(untag('b'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('a'), untag('b')]);
  });

  it('is written anew with what is needed once it is long', async () => {
    const { journal } = await openJournal();
    const kept = untag('kept');
    await fill(journal);
    await journal.append(kept, () => {});
    expect(journal.isLong).toBe(true);
    await journal.trim();
    expect(journal.isLong).toBe(false);
    await journal.append(untag('later'), () => {});
    await journal.settle('app', [kept]);
    await journal.close();
    expect(await reread()).toEqual([untag('later')]);
  });

  it('loses nothing that it takes after it could not be shortened', async () => {
    const { journal } = await openJournal();
    await appendAndSettle(journal, untag('a'));
    const datasync = await spyOnFiles('datasync');
    datasync.mockRejectedValueOnce(new Error('the disk is gone'));
    await expect(journal.trim()).rejects.toThrow('the disk is gone');
    datasync.mockRejectedValueOnce(new Error('the disk is gone'));
    await expect(journal.append(untag('refused'), () => {})).rejects.toThrow('the disk is gone');
    await journal.append(untag('b'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('b')]);
  });

  it('takes nothing before the name of a new file is durable', async () => {
    const directories = new DirectorySync();
    const { journal } = await Journal.open(path, directories);
    await fill(journal);
    await journal.append(untag('kept'), () => {});
    const sync = vi.spyOn(directories, 'sync');
    sync.mockRejectedValueOnce(new Error('too many open files'));
    await expect(journal.trim()).rejects.toThrow('too many open files');
    sync.mockRejectedValueOnce(new Error('too many open files'));
    await expect(journal.append(untag('refused'), () => {})).rejects.toThrow('too many open files');
    await journal.append(untag('later'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('kept'), untag('later')]);
  });

  it('leaves nothing on a disk that was too full to write it anew', async () => {
    const { journal } = await openJournal();
    await fill(journal);
    await journal.append(untag('kept'), () => {});
    const write = await spyOnFiles('write');
    write.mockRejectedValueOnce(Object.assign(new Error('the disk is full'), { code: 'ENOSPC' }));
    await expect(journal.trim()).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await readdir(directory)).toEqual(['journal']);
    await journal.append(untag('later'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('kept'), untag('later')]);
  });

  it('begins anew over a file that is none, or that is empty', async () => {
    await writeFile(path, 'something else\n');
    expect(await reread()).toEqual([]);
    await truncate(path, 0);
    const { journal } = await openJournal();
    await journal.append(untag('a'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('a')]);
  });

  it('has its room from the start, so that a full disk takes deletions', async () => {
    const { journal } = await openJournal();
    const file = await open(path, 'r');
    const { size, blocks } = await file.stat();
    await file.close();
    await journal.close();
    expect(size).toBeGreaterThan(500_000);
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  });

  it('has no line any more of what the files have, from the moment on that it is told', async () => {
    const { journal } = await openJournal();
    const [a, b, c] = [untag('a'), put('b'), untag('c')];
    for (const operation of [a, b, c]) await journal.append(operation, () => {});
    await journal.settle('app', [a]);
    expect(await reread()).toEqual([b, c]);
    await journal.append(untag('d'), () => {});
    await journal.settle('app', [c]);
    await journal.settle('team/app', [b]);
    await journal.close();
    expect(await reread()).toEqual([untag('d')]);
  });

  it('gives back no more and no less where it ends in the middle of a line, at every byte', async () => {
    const { journal } = await openJournal();
    const known: { readonly length: number; readonly operations: readonly JournalOperation[] }[] = [];
    const note = async (...operations: JournalOperation[]) => {
      known.push({ length: (await readFile(path)).indexOf(0), operations });
    };
    const [a, b, c] = [untag('a'), put('b'), untag('c')];
    await note();
    await journal.append(a, () => {});
    await note(a);
    await journal.append(b, () => {});
    await note(a, b);
    await journal.settle('app', [a]);
    await note(b);
    await journal.append(c, () => {});
    await note(b, c);
    await journal.settle('team/app', [b]);
    await note(c);
    await journal.close();
    const whole = await readFile(path);
    for (let cut = known[0]?.length ?? 0; cut <= (known.at(-1)?.length ?? 0); cut++) {
      await writeFile(path, whole.subarray(0, cut));
      expect(await reread()).toEqual(known.findLast(({ length }) => length <= cut)?.operations);
    }
  });

  it('does something again rather than fail where it cannot write that the files have it', async () => {
    const { journal } = await openJournal();
    const [a, b] = [untag('a'), untag('b')];
    await journal.append(a, () => {});
    await journal.append(b, () => {});
    for (const written of [0, 10]) {
      disk.room = written;
      await journal.settle('app', [a]);
      expect(await reread()).toEqual([a, b]);
    }
    disk.room = Number.POSITIVE_INFINITY;
    await journal.settle('app', [b]);
    await journal.append(untag('c'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('c')]);
  });

  it('loses nothing with a line that was not synced, where the sync after it fails and takes that line away', async () => {
    const { journal } = await openJournal();
    await appendAndSettle(journal, untag('a'));
    const length = (await readFile(path)).lastIndexOf('{"op":"written"');
    const datasync = await spyOnFiles('datasync');
    datasync.mockImplementationOnce(async () => {
      await truncate(path, length);
      throw new Error('the disk is gone');
    });
    await expect(journal.append(untag('refused'), () => {})).rejects.toThrow('the disk is gone');
    await journal.append(untag('b'), () => {});
    await journal.close();
    expect(await reread()).toEqual([untag('b')]);
  });

  it('is not opened where a later version has written a line that is not known here', async () => {
    const start = formatStart('round');
    const line = formatRecord({ ...untag('a'), op: 'later' } as unknown as JournalOperation, start.checksum);
    await writeFile(path, start.text + line.text);
    await expect(openJournal()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
