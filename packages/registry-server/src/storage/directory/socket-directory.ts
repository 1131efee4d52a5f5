import { closeSync, existsSync, openSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OciError } from '@quinistry/oci-image';

/** Of a socket's path, without the byte that ends it (unix(7)). Node.js 20 cuts off what is longer, and does not say so. */
const MOST_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** A directory of Unix sockets, however long its path. */
export class SocketDirectory {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * What to bind and to connect to. Where the path is too long, Linux has a short one through a descriptor of the directory.
   *
   * @throws {OciError} `PLATFORM_UNSUPPORTED`
   */
  address(name: string): string {
    const path = this.file(name);
    if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return path;
    this.#descriptor ??= openSync(this.#path, 'r');
    const shortcut = `/proc/self/fd/${this.#descriptor}`;
    if (existsSync(shortcut)) return join(shortcut, name);
    const reason = `the path of a socket can have ${MOST_PATH_BYTES} bytes here, without /proc`;
    throw new OciError('PLATFORM_UNSUPPORTED', `${reason}; ${path} has more`);
  }

  file(name: string): string {
    return join(this.#path, name);
  }

  list(): Promise<string[]> {
    return readdir(this.#path);
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(this.file(from), this.file(to));
  }

  async remove(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }

  /** Addresses that were given out may not be used any more; files can. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
