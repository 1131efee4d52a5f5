/**
 * The cache in which glibc's loader looks up where a library is: /etc/ld.so.cache, as ldconfig writes it.
 * Source: glibc, sysdeps/generic/dl-cache.h. Numbers are in the order of the machine: little-endian here.
 */

/** glibc up to 2.31 puts a table in the older format before the one that counts. */
const OLD_MAGIC = 'ld.so-1.7.0';
const OLD_HEADER_BYTES = 16;
const OLD_ENTRY_BYTES = 12;
const ALIGNMENT = 8;

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;
/** Of a name or a path; Linux's PATH_MAX. */
const MAX_STRING_BYTES = 4096;

/**
 * Reads which file stands for which library. Builds for newer processors (glibc-hwcaps/x86-64-v3 and the like) are
 * left out: what goes into an image must not depend on the processor that it was built on.
 *
 * @param flags - Only entries with exactly these: the machine and its C library.
 * @returns paths by library name; nothing from a file that is no such cache, and nothing from a broken entry of it,
 * because the loader passes over these, too, and searches its directories.
 */
export function parseLdCache(bytes: Buffer, flags: number): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const start = findTable(bytes);
  if (start === undefined) return paths;
  const table = bytes.subarray(start);
  const claimed = table.readUInt32LE(MAGIC.length);
  const count = Math.min(claimed, Math.floor((table.length - HEADER_BYTES) / ENTRY_BYTES));
  for (let index = 0; index < count; index += 1) {
    const entry = HEADER_BYTES + index * ENTRY_BYTES;
    if (table.readInt32LE(entry) !== flags || table.readBigUInt64LE(entry + 16) !== 0n) continue;
    const name = stringAt(table, table.readUInt32LE(entry + 4));
    const path = stringAt(table, table.readUInt32LE(entry + 8));
    // Of two for one name the loader takes the first.
    if (name && path?.startsWith('/') && !paths.has(name)) {
      paths.set(name, path);
    }
  }
  return paths;
}

function findTable(bytes: Buffer): number | undefined {
  let start = 0;
  if (bytes.length >= OLD_HEADER_BYTES && bytes.toString('latin1', 0, OLD_MAGIC.length) === OLD_MAGIC) {
    const end = OLD_HEADER_BYTES + bytes.readUInt32LE(OLD_HEADER_BYTES - 4) * OLD_ENTRY_BYTES;
    start = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }
  const fits = start + HEADER_BYTES <= bytes.length;
  return fits && bytes.toString('latin1', start, start + MAGIC.length) === MAGIC ? start : undefined;
}

function stringAt(table: Buffer, offset: number): string | undefined {
  const end = table.subarray(offset, offset + MAX_STRING_BYTES).indexOf(0);
  return end === -1 ? undefined : table.toString('utf8', offset, offset + end);
}
