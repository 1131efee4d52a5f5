import type { Digest } from '@quinistry/oci-image/spec';

/** After this time the files are counted again: another tool may have brought some. */
const COUNT_AGAIN_MS = 30_000;

interface Counted {
  readonly sizes: Map<Digest, number>;
  total: number;
  readonly at: number;
}

/**
 * Bytes that repositories hold. The files of one are counted when its size is first asked for, and from then on what comes
 * and goes is noted: a quota is asked about at every push.
 */
export class RepositorySizes {
  readonly #count: (repository: string) => AsyncIterable<readonly [Digest, number]>;
  readonly #counted = new Map<string, Counted>();
  readonly #counting = new Map<string, { readonly done: Promise<Counted>; readonly changes: Map<Digest, number> }>();

  /** @param count - goes through the files of a repository. */
  constructor(count: (repository: string) => AsyncIterable<readonly [Digest, number]>) {
    this.#count = count;
  }

  /** @param except - files that do not count any more. */
  async measure(repository: string, except: Iterable<Digest> = []): Promise<number> {
    const known = this.#counted.get(repository);
    const isFresh = known !== undefined && performance.now() - known.at < COUNT_AGAIN_MS;
    const { sizes, total } = isFresh ? known : await this.#countOnce(repository);
    let rest = total;
    for (const digest of except) rest -= sizes.get(digest) ?? 0;
    return rest;
  }

  #countOnce(repository: string): Promise<Counted> {
    const running = this.#counting.get(repository);
    if (running !== undefined) return running.done;
    const changes = new Map<Digest, number>();
    const done = this.#countFiles(repository, changes).finally(() => this.#counting.delete(repository));
    this.#counting.set(repository, { done, changes });
    return done;
  }

  async #countFiles(repository: string, changes: ReadonlyMap<Digest, number>): Promise<Counted> {
    const at = performance.now();
    const sizes = new Map<Digest, number>();
    for await (const [digest, size] of this.#count(repository)) sizes.set(digest, size);
    // What came or went while the files were counted may have been counted or not.
    for (const [digest, size] of changes) sizes.set(digest, size);
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const counted = { sizes, total, at };
    this.#counted.set(repository, counted);
    return counted;
  }

  /** @param size - 0 for what is gone. */
  note(repository: string, digest: Digest, size: number): void {
    this.#counting.get(repository)?.changes.set(digest, size);
    const known = this.#counted.get(repository);
    if (known === undefined) return;
    known.total += size - (known.sizes.get(digest) ?? 0);
    if (size === 0) known.sizes.delete(digest);
    else known.sizes.set(digest, size);
  }
}
