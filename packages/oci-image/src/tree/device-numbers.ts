import type { DeviceNumbers } from '../image/layer-entry.js';

/**
 * The two numbers of a device from the one in which the C library hands them to programs on Linux:
 * `MMMM Mmmm mmmM MMmm`, with 12 and 8 low bits where they were when each had 8.
 *
 * @see makedev(3), and gnu_dev_major in glibc's sys/sysmacros.h
 */
export function deviceNumbers(rdev: bigint): DeviceNumbers {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
