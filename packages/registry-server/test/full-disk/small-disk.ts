import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Judge, judge } from '../../../oci-image/test/judges.js';

const BALLAST = 'ballast';
/** What a file system gives out at once. */
const BLOCK_BYTES = 4096;
/** More than any test makes. */
const MOST_FILES = 100_000;

/** A file system in memory that is soon full. Needs root. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async mount(bytes: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), 'small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
    return new SmallDisk(path);
  }

  /** Takes what is left, to the last block but `blocks`. */
  async fill(blocks = 0): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    const file = await open(join(this.path, BALLAST), 'a');
    try {
      for (let left = bavail - blocks; left > 0; left--) await file.write(Buffer.alloc(bsize));
    } finally {
      await file.close();
    }
  }

  /** Gives back what `fill` took. */
  async empty(): Promise<void> {
    await rm(join(this.path, BALLAST), { force: true });
  }

  resize(bytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${bytes}`, this.path]);
  }

  /** From now on no file can be made, not even an empty one. */
  async forbidFiles(): Promise<void> {
    const { files, ffree } = await statfs(this.path);
    execFileSync('mount', ['-o', `remount,nr_inodes=${files - ffree}`, this.path]);
  }

  allowFiles(): void {
    execFileSync('mount', ['-o', `remount,nr_inodes=${MOST_FILES}`, this.path]);
  }

  async unmount(): Promise<void> {
    execFileSync('umount', ['--lazy', this.path]);
    await rm(this.path, { recursive: true });
  }
}

/** Root is not enough in a container that may not mount. */
export const smallDisks: Judge = judge('file systems in memory', () => {
  const path = execFileSync('mktemp', ['-d']).toString().trim();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${BLOCK_BYTES}`, 'tmpfs', path]);
  try {
    writeFileSync(join(path, BALLAST), Buffer.alloc(2 * BLOCK_BYTES));
    return false;
  } catch {
    return true;
  } finally {
    execFileSync('umount', [path]);
    rmSync(path, { recursive: true });
  }
});
