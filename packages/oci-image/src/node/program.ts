/** The check that a program can stand in an image at all, before anything else is asked of it. */
import { OciError } from '../errors.js';
import type { Platform } from '../spec/platform.js';
import type { ByteSource } from './byte-source.js';
import { withFileBytes } from './byte-source.js';
import type { Elf } from './elf.js';
import { isElf, readElf } from './elf.js';
import { ELF_MACHINES } from './elf-machine.js';
import { elfInvalid } from './elf-reader.js';

export interface Program {
  readonly elf: Elf;
  readonly platform: Platform;
}

/** First bytes of what stands in the place of a Linux program elsewhere, in hexadecimal. */
const FOREIGN_FORMATS: readonly (readonly [string, string])[] = [
  ['cffaedfe', 'a program for macOS'],
  ['cafebabe', 'a program for macOS'],
  ['4d5a', 'a program for Windows'],
  ['2321', 'a script'],
  ['7f454c4601', 'a 32-bit program'],
  ['7f454c460202', 'a program for a big-endian machine'],
];
const LONGEST_MAGIC_BYTES = 6;

/**
 * @throws {OciError} `PLATFORM_UNSUPPORTED`, saying what to do instead, for a program that is not for Linux on x64 or
 * arm64; `ELF_INVALID`; `FILE_UNREADABLE`.
 */
export async function readProgram(hostPath: string): Promise<Program> {
  return await withFileBytes(hostPath, async (source) => {
    const foreign = await findForeignFormat(source);
    if (foreign !== undefined) {
      throw unsupported(source, foreign);
    }
    const elf = await readElf(source);
    const machine = ELF_MACHINES.get(elf.machine);
    if (machine === undefined) {
      throw unsupported(source, `a program for another machine (ELF machine ${elf.machine})`);
    }
    if (elf.interpreter === undefined && elf.needed.length > 0) {
      throw elfInvalid(source, 0, 'it needs libraries and names no loader: a library, not a program');
    }
    return { elf, platform: machine.platform };
  });
}

function unsupported(source: ByteSource, what: string): OciError<'PLATFORM_UNSUPPORTED'> {
  return new OciError(
    'PLATFORM_UNSUPPORTED',
    `${source.name} is ${what}, and an image needs Node.js for Linux on x64 or arm64: run this in a Linux container or ` +
      'virtual machine, or give `root`, the root file system of such a Linux, and `executable`, its Node.js',
  );
}

/** What a file is that no Linux program of these machines can be. */
async function findForeignFormat(source: ByteSource): Promise<string | undefined> {
  const start = (await source.read(0, LONGEST_MAGIC_BYTES)).toString('hex');
  const [, format] = FOREIGN_FORMATS.find(([magic]) => start.startsWith(magic)) ?? [];
  return format ?? ((await isElf(source)) ? undefined : 'not a program for Linux');
}
