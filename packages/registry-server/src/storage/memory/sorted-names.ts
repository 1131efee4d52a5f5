import type { Page } from '../registry-storage.js';

/**
 * Names in the order of their bytes, so that a page costs its own length however many names there are.
 * Repositories and tags are ASCII, where code units, which JavaScript compares, and bytes have the same order.
 */
export class SortedNames {
  readonly #names: string[] = [];

  add(name: string): void {
    const index = this.#indexOf(name);
    if (this.#names[index] !== name) this.#names.splice(index, 0, name);
  }

  delete(name: string): void {
    const index = this.#indexOf(name);
    if (this.#names[index] === name) this.#names.splice(index, 1);
  }

  page({ limit, last }: Page): readonly string[] {
    if (last === undefined) return this.#names.slice(0, limit);
    const index = this.#indexOf(last);
    const start = this.#names[index] === last ? index + 1 : index;
    return this.#names.slice(start, start + limit);
  }

  /** Where `name` is, or where it would go. */
  #indexOf(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
