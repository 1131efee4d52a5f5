import { type FileHandle, open } from 'node:fs/promises';
import { OciError } from '@quinistry/oci-image';
import { type Accounts, parseHtpasswd } from './htpasswd.js';

/** Files of a million accounts are no files any more. */
const MAX_HTPASSWD_BYTES = 16 * 1024 * 1024;

/** Clocks of file systems tick slowly: a file that changed this recently may change again and look the same. */
const SETTLED_AFTER_MS = 2000;

/** The accounts of a file, read again once the file has changed. */
export class HtpasswdFile {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #accounts: Accounts = new Map();
  /** Identifies what was read last, or was tried to; `undefined` where it has to be read anyhow. */
  #seen: string | undefined;
  #reading: Promise<void> | undefined;
  #told = '';

  private constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onError = onError;
  }

  /**
   * @param onError - told, once for each problem, why a change of the file was not taken over.
   * @throws {OciError} `FILE_UNREADABLE`
   * @throws {DocumentError} as `parseHtpasswd`
   */
  static async open(path: string, onError: (error: unknown) => void = () => {}): Promise<HtpasswdFile> {
    const file = new HtpasswdFile(path, onError);
    await file.#read();
    return file;
  }

  /**
   * As the file stands. Where it is gone, or makes no sense, the accounts stay what they were: editors write in two steps,
   * and a slip of the pen should not lock everybody out.
   */
  async accounts(): Promise<Accounts> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.#accounts;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#read();
      this.#told = '';
    } catch (error) {
      const message = String(error);
      if (message !== this.#told) this.#onError(error);
      this.#told = message;
    }
  }

  async #read(): Promise<void> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.#path, 'r');
      const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await file.stat({ bigint: true });
      const identity = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
      if (identity === this.#seen) return;
      if (size > MAX_HTPASSWD_BYTES) throw new Error(`it has more than ${MAX_HTPASSWD_BYTES} bytes`);
      const text = await file.readFile('utf8');
      this.#accounts = parseHtpasswd(text, `password file ${this.#path}`);
      this.#seen = Date.now() - Number(ctimeMs) > SETTLED_AFTER_MS ? identity : undefined;
    } catch (cause) {
      this.#seen = undefined;
      if (cause instanceof OciError) throw cause;
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new OciError('FILE_UNREADABLE', `cannot read the password file ${this.#path}: ${problem}`, { cause });
    } finally {
      await file?.close();
    }
  }
}
