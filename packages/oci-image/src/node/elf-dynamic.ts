/** The dynamic section: which libraries an object needs, and where it wants them to be looked for. */
import type { ByteSource } from './byte-source.js';
import { elfInvalid, readBytes, readString } from './elf-reader.js';
import type { ElfSegment } from './elf-segment.js';
import { fileOffset } from './elf-segment.js';

export interface DynamicSection {
  /** DT_NEEDED, in the order of the file. */
  readonly needed: readonly string[];
  readonly soname?: string | undefined;
  readonly rpath?: string | undefined;
  readonly runpath?: string | undefined;
}

const ENTRY_BYTES = 16;
/** Real sections have about 30 entries. */
const MAX_ENTRIES = 4096;
/** A RUNPATH can name dozens of directories. */
const MAX_STRING_BYTES = 64 * 1024;

const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_SONAME = 14;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

interface DynamicEntry {
  readonly tag: bigint;
  readonly value: number;
  /** Where the entry stands in the file. */
  readonly offset: number;
}

/**
 * @param range - Where PT_DYNAMIC says that the section is; a statically linked program has none.
 * @throws {OciError} `ELF_INVALID`
 */
export async function readDynamicSection(
  source: ByteSource,
  range: Pick<ElfSegment, 'offset' | 'size'> | undefined,
  segments: readonly ElfSegment[],
): Promise<DynamicSection> {
  const entries = range ? await readEntries(source, range) : [];
  const withTag = (tag: number) => entries.filter((entry) => entry.tag === BigInt(tag));
  const strings = [DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH].flatMap(withTag);
  if (range === undefined || strings.length === 0) {
    return { needed: [] };
  }
  const [table] = withTag(DT_STRTAB);
  const [tableSize] = withTag(DT_STRSZ);
  if (table === undefined || tableSize === undefined) {
    throw elfInvalid(source, range.offset, 'the dynamic section names libraries but has no string table');
  }
  const tableOffset = fileOffset(table.value, segments);
  if (tableOffset === undefined) {
    throw elfInvalid(source, table.offset, `the string table is at address ${table.value}, which no segment holds`);
  }
  // One after the other: of reads at the same time, the ones behind a failure would go on in a file that is closed.
  const readAll = async (tag: number, what: string): Promise<string[]> => {
    const texts: string[] = [];
    for (const { value, offset } of withTag(tag)) {
      if (value >= tableSize.value) {
        throw elfInvalid(source, offset, `${what} is at ${value} of a string table of ${tableSize.value} bytes`);
      }
      const limit = Math.min(tableSize.value - value, MAX_STRING_BYTES);
      texts.push(await readString(source, tableOffset + value, limit, what));
    }
    return texts;
  };
  const needed = await readAll(DT_NEEDED, 'the name of a needed library');
  if (needed.includes('')) {
    throw elfInvalid(source, range.offset, 'the name of a needed library is empty');
  }
  // Of a tag that must stand once and stands twice, loaders take the last.
  return {
    needed,
    soname: (await readAll(DT_SONAME, 'its own name')).at(-1),
    rpath: (await readAll(DT_RPATH, 'its library path')).at(-1),
    runpath: (await readAll(DT_RUNPATH, 'its library path')).at(-1),
  };
}

async function readEntries(source: ByteSource, range: Pick<ElfSegment, 'offset' | 'size'>): Promise<DynamicEntry[]> {
  if (range.size > MAX_ENTRIES * ENTRY_BYTES) {
    const expected = `expected at most ${MAX_ENTRIES * ENTRY_BYTES}`;
    throw elfInvalid(source, range.offset, `the dynamic section has ${range.size} bytes, ${expected}`);
  }
  const table = await readBytes(source, range.offset, range.size, 'the dynamic section');
  const entries: DynamicEntry[] = [];
  for (let start = 0; start + ENTRY_BYTES <= table.length; start += ENTRY_BYTES) {
    const tag = table.readBigUInt64LE(start);
    if (tag === BigInt(DT_NULL)) break;
    // Values of tags that mean nothing here may be any number.
    const value = Number(table.readBigUInt64LE(start + 8));
    entries.push({ tag, value, offset: range.offset + start });
  }
  return entries;
}
