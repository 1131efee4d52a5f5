import type { Upload } from '../storage/registry-store.js';

/**
 * Bytes of the open uploads of one repository. Each is followed chunk by chunk while it comes in, for a store may know of it
 * later; of the others the store knows better, as it ends those that nobody goes on with.
 */
export class OpenUploads {
  readonly #sizes = new Map<string, number>();
  /** Sessions that bytes are coming into, by how many requests. */
  readonly #filling = new Map<string, number>();
  /** Sessions that a listing which is under way may show as they were or as they are. */
  #changing: Set<string> | undefined;
  #bytes = 0;

  /** Of all of them together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From now on the store's word on `session` does not count. @returns what ends that. */
  fill(session: string): () => void {
    this.#changing?.add(session);
    this.#filling.set(session, (this.#filling.get(session) ?? 0) + 1);
    return () => {
      const others = (this.#filling.get(session) ?? 0) - 1;
      if (others > 0) this.#filling.set(session, others);
      else this.#filling.delete(session);
    };
  }

  /** Some more bytes came into `session`. */
  add(session: string, bytes: number): void {
    this.set(session, (this.#sizes.get(session) ?? 0) + bytes);
  }

  /** `size`: 0 for a session that has ended. */
  set(session: string, size: number): void {
    this.#changing?.add(session);
    this.#bytes += size - (this.#sizes.get(session) ?? 0);
    if (size > 0) this.#sizes.set(session, size);
    else this.#sizes.delete(session);
  }

  /** Takes over what the store says of one session, unless bytes come into it meanwhile. */
  async correct(session: string, measure: () => Promise<number>): Promise<void> {
    const counted = this.#sizes.get(session);
    const size = await measure();
    if (!this.#filling.has(session) && this.#sizes.get(session) === counted) this.set(session, size);
  }

  /** Takes over what the store says of all sessions but those that change meanwhile. One at a time. */
  async recount(list: () => Promise<readonly Upload[]>): Promise<void> {
    const changing = new Set(this.#filling.keys());
    this.#changing = changing;
    try {
      const sizes = new Map((await list()).map(({ session, size }) => [session, size]));
      for (const session of new Set([...this.#sizes.keys(), ...sizes.keys()])) {
        if (!changing.has(session)) this.set(session, sizes.get(session) ?? 0);
      }
    } finally {
      this.#changing = undefined;
    }
  }
}
