/**
 * The parts of an ELF file that tell what has to be loaded with it: 64-bit, little-endian.
 * Source: System V ABI (gABI), chapters 4 "Object Files" and 5 "Program Loading and Dynamic Linking".
 */
import { OciError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import type { DynamicSection } from './elf-dynamic.js';
import { readDynamicSection } from './elf-dynamic.js';
import { elfInvalid, readBytes, readOffset, readString } from './elf-reader.js';
import type { ElfSegment } from './elf-segment.js';

export interface Elf extends DynamicSection {
  /** `e_machine` */
  readonly machine: number;
  /** The program that loads this one, from PT_INTERP; absent in a library and in a statically linked program. */
  readonly interpreter?: string | undefined;
  readonly segments: readonly ElfSegment[];
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Real files have about a dozen. */
const MAX_PROGRAM_HEADERS = 1024;
/** Linux's PATH_MAX. */
const MAX_INTERPRETER_BYTES = 4096;

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PF_W = 2;

interface ProgramHeader extends ElfSegment {
  readonly type: number;
}

/** Whether the file says that it is ELF; it may still be broken. */
export async function isElf(source: ByteSource): Promise<boolean> {
  return (await source.read(0, 4)).equals(Buffer.from('\x7fELF', 'latin1'));
}

/**
 * Reads the headers and the dynamic section; of a large file this touches a few kilobytes.
 *
 * @throws {OciError} `ELF_INVALID`, naming the file and the offset; `PLATFORM_UNSUPPORTED` for a 32-bit or big-endian file.
 */
export async function readElf(source: ByteSource): Promise<Elf> {
  if (!(await isElf(source))) {
    throw elfInvalid(source, 0, 'it does not start with the bytes 7f 45 4c 46');
  }
  const header = await readBytes(source, 0, HEADER_BYTES, 'the ELF header');
  if (header.readUInt8(4) !== ELFCLASS64 || header.readUInt8(5) !== ELFDATA2LSB) {
    throw new OciError('PLATFORM_UNSUPPORTED', `${source.name} is not a 64-bit little-endian ELF file`);
  }
  const type = header.readUInt16LE(16);
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw elfInvalid(source, 16, `its type is ${type}, expected a program (2) or a shared object (3)`);
  }
  const headers = await readProgramHeaders(source, header);
  const segments = headers.filter((candidate) => candidate.type === PT_LOAD);
  const dynamic = headers.find((candidate) => candidate.type === PT_DYNAMIC);
  const interpreter = headers.find((candidate) => candidate.type === PT_INTERP);
  return {
    machine: header.readUInt16LE(18),
    segments,
    interpreter: interpreter && (await readInterpreter(source, interpreter)),
    ...(await readDynamicSection(source, dynamic, segments)),
  };
}

async function readProgramHeaders(source: ByteSource, header: Buffer): Promise<ProgramHeader[]> {
  const offset = readOffset(source, header, 32, 0);
  const entryBytes = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  if (count === 0 || count > MAX_PROGRAM_HEADERS) {
    throw elfInvalid(source, 56, `it has ${count} program headers, expected 1 to ${MAX_PROGRAM_HEADERS}`);
  }
  if (entryBytes !== PROGRAM_HEADER_BYTES) {
    throw elfInvalid(source, 54, `a program header has ${entryBytes} bytes, expected ${PROGRAM_HEADER_BYTES}`);
  }
  const table = await readBytes(source, offset, count * PROGRAM_HEADER_BYTES, 'the program headers');
  return Array.from({ length: count }, (_, index) => {
    const start = index * PROGRAM_HEADER_BYTES;
    return {
      type: table.readUInt32LE(start),
      writable: (table.readUInt32LE(start + 4) & PF_W) !== 0,
      offset: readOffset(source, table, start + 8, offset),
      address: readOffset(source, table, start + 16, offset),
      size: readOffset(source, table, start + 32, offset),
    };
  });
}

async function readInterpreter(source: ByteSource, { offset, size }: ProgramHeader): Promise<string> {
  if (size > MAX_INTERPRETER_BYTES) {
    throw elfInvalid(
      source,
      offset,
      `the name of its interpreter has ${size} bytes, expected at most ${MAX_INTERPRETER_BYTES}`,
    );
  }
  const path = await readString(source, offset, size, 'the name of its interpreter');
  if (!path.startsWith('/')) {
    throw elfInvalid(source, offset, `its interpreter is ${JSON.stringify(path)}, expected an absolute path`);
  }
  return path;
}
