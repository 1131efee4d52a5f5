/**
 * A program for Linux on x64 that says hello and ends: an ELF file by hand, with one segment and no loader, so that the
 * image needs nothing but this file. Source: System V ABI (gABI), chapters 4 and 5.
 */
const TEXT = Buffer.from('Hello from a layer.\n');

/** write(1, text, length), then exit(0). A system call has its number in eax. */
const CODE = Buffer.from([
  ...[0xb8, 1, 0, 0, 0], // mov eax, 1: write
  ...[0xbf, 1, 0, 0, 0], // mov edi, 1: standard output
  ...[0x48, 0x8d, 0x35, 19, 0, 0, 0], // lea rsi, [rip + 19]: the text stands behind the code
  ...[0xba, TEXT.byteLength, 0, 0, 0], // mov edx, length
  ...[0x0f, 0x05], // syscall
  ...[0xb8, 60, 0, 0, 0], // mov eax, 60: exit
  ...[0xbf, 0, 0, 0, 0], // mov edi, 0
  ...[0x0f, 0x05], // syscall
]);

const HEADERS_BYTES = 64 + 56;
const ADDRESS = 0x400000;
const SIZE = HEADERS_BYTES + CODE.byteLength + TEXT.byteLength;

const headers = Buffer.alloc(HEADERS_BYTES);
headers.write('\x7fELF', 0, 'latin1');
headers.set([2, 1, 1], 4); // 64 bits, little-endian, version 1
headers.writeUInt16LE(2, 16); // a program
headers.writeUInt16LE(62, 18); // for x86-64
headers.writeUInt32LE(1, 20);
headers.writeBigUInt64LE(BigInt(ADDRESS + HEADERS_BYTES), 24); // where it begins
headers.writeBigUInt64LE(64n, 32); // the program headers come next
headers.writeUInt16LE(64, 52);
headers.writeUInt16LE(56, 54);
headers.writeUInt16LE(1, 56); // there is one:
headers.writeUInt32LE(1, 64); // PT_LOAD
headers.writeUInt32LE(5, 68); // readable, executable
headers.writeBigUInt64LE(BigInt(ADDRESS), 80); // the whole file, from here on in memory
headers.writeBigUInt64LE(BigInt(ADDRESS), 88);
headers.writeBigUInt64LE(BigInt(SIZE), 96);
headers.writeBigUInt64LE(BigInt(SIZE), 104);
headers.writeBigUInt64LE(4096n, 112);

export const HELLO = Buffer.concat([headers, CODE, TEXT]);
