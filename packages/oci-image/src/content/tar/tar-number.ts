/**
 * Numbers in a tar header.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format", for base-256.
 */

/** Whether `value` can be written as octal digits and a closing NUL in a field of `width` bytes. */
export function fitsOctal(value: number, width: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 8 ** (width - 1);
}

/** Writes zero-padded octal digits and a closing NUL. The value must fit: see `fitsOctal`. */
export function writeOctal(block: Uint8Array, offset: number, width: number, value: number): void {
  let rest = value;
  // Not a string that is copied in: this runs eight times for every member.
  for (let i = offset + width - 2; i >= offset; i--) {
    const quotient = Math.floor(rest / 8); // not `>> 3`, which is 32 bits wide
    block[i] = 0x30 + rest - quotient * 8;
    rest = quotient;
  }
  block[offset + width - 1] = 0;
}

/**
 * Reads octal digits, among spaces and NULs as old archives have them (an empty field is 0), or GNU's base-256.
 *
 * @returns `undefined` for anything else, and for a number that a double cannot hold exactly.
 */
export function readTarNumber(field: Uint8Array): number | undefined {
  const value = ((field[0] ?? 0) & 0x80) !== 0 ? readBase256(field) : readOctal(field);
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function readOctal(field: Uint8Array): number | undefined {
  let start = 0;
  let end = field.length;
  while (start < end && isBlank(field[start])) start++;
  while (end > start && isBlank(field[end - 1])) end--;
  let value = 0;
  for (const digit of field.subarray(start, end)) {
    if (digit < 0x30 || digit > 0x37) return undefined;
    value = value * 8 + (digit - 0x30);
  }
  return value;
}

/** Big-endian two's complement; the top bit marks the encoding and the bit below it is the sign. */
function readBase256(field: Uint8Array): number {
  const first = field[0] ?? 0;
  let value = (first & 0x40) !== 0 ? (first & 0x7f) - 0x80 : first & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}
