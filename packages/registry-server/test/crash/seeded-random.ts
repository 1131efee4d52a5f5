/** Choices that one number decides, so that a run can be had again. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, and not including, 1. The generator is splitmix32. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  /** From `least` to `most`, both of them included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws {RangeError} for an empty list. */
  pick<T>(list: readonly T[]): T {
    const [picked] = list.slice(this.integer(0, list.length - 1));
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.next() * 2 ** 32);
    return new Uint8Array(words.buffer, 0, length);
  }

  /** Another generator, so that what one client does leaves the choices of the others as they are. */
  fork(): SeededRandom {
    return new SeededRandom(this.integer(0, 2 ** 32 - 1));
  }
}
