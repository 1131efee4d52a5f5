import { OciError } from '../../errors.js';
import type { ByteCursor } from './byte-cursor.js';
import type { TarPath } from './tar-entry.js';
import { TarError } from './tar-error.js';
import { paddingAfter } from './tar-header.js';
import { formatTarPath } from './tar-path.js';

/** The bytes of one member, which pass by once; what nobody reads is passed over. */
export class TarMemberBody implements AsyncIterable<Uint8Array> {
  readonly #cursor: ByteCursor;
  readonly #path: TarPath;
  readonly #size: number;
  #missing: number;
  #taken = false;

  constructor(cursor: ByteCursor, path: TarPath, size: number) {
    this.#cursor = cursor;
    this.#path = path;
    this.#size = size;
    this.#missing = size;
  }

  /** @throws {OciError} `BODY_USED` on the first read, at the second call or once the next entry was asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#taken) {
      throw new OciError('BODY_USED', `${formatTarPath(this.#path)}: a body is read once, and before the next entry`);
    }
    this.#taken = true;
    while (this.#missing > 0) {
      const chunk = this.#cursor.atHand(this.#missing) ?? (await this.#cursor.some(this.#missing));
      if (chunk === undefined) throw this.#truncated();
      this.#missing -= chunk.length;
      yield chunk;
    }
  }

  /** Passes over what was not read, and the padding. */
  async finish(): Promise<void> {
    this.#taken = true;
    this.#missing -= await this.#cursor.skip(this.#missing);
    const padding = paddingAfter(this.#size);
    if (this.#missing > 0 || (await this.#cursor.skip(padding)) < padding) throw this.#truncated();
  }

  #truncated(): TarError {
    return new TarError(
      this.#cursor.offset,
      `the archive ends in the middle of ${formatTarPath(this.#path)}, which has ${this.#size} bytes`,
    );
  }
}
