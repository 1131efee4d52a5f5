/** The machines that Node.js images are made for, and what others call them. */
import type { Platform } from '../spec/platform.js';

export interface ElfMachine {
  /** What a loader puts in the place of `$PLATFORM`. */
  readonly name: string;
  readonly platform: Platform;
  /** The `flags` of the machine's objects in glibc's cache: its ABI above, `FLAG_ELF_LIBC6` below (sysdeps/generic/ldconfig.h). */
  readonly cacheFlags: number;
}

/** By `e_machine`: EM_X86_64 and EM_AARCH64. */
export const ELF_MACHINES: ReadonlyMap<number, ElfMachine> = new Map([
  [62, { name: 'x86_64', platform: { os: 'linux', architecture: 'amd64' }, cacheFlags: 0x0303 }],
  [183, { name: 'aarch64', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, cacheFlags: 0x0a03 }],
]);
