/** A tar with one file: a header of 512 bytes, the file, zeros up to a full block, two blocks of zeros. Source: POSIX, pax, "ustar". */
export function tarOf(name: string, mode: string, file: Uint8Array): Buffer {
  const header = Buffer.alloc(512);
  const put = (offset: number, text: string) => header.write(text, offset, 'latin1');
  put(0, name);
  put(100, mode); // Numbers are text, in octal.
  put(108, '0'); // owner
  put(116, '0'); // group
  put(124, file.byteLength.toString(8));
  put(136, '0'); // seconds since 1970. The present time would give another digest each time.
  put(156, '0'); // a regular file
  put(257, 'ustar\x0000');
  header.fill(' ', 148, 156); // The checksum is of the header with spaces in its place.
  put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8)}\0`);
  const padding = (512 - (file.byteLength % 512)) % 512;
  return Buffer.concat([header, file, Buffer.alloc(padding + 1024)]);
}
