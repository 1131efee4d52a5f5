/**
 * What a place may hold when several clients write to it and some of them never learn what became of it.
 *
 * A write takes effect at some moment between its start and its acknowledgement. One that was never answered may take
 * effect at any moment, or never.
 */
interface Write<T> {
  readonly value: T;
  readonly startedAt: number;
  /** When it was acknowledged; Infinity where it was not. */
  endedAt: number;
}

/** Moments in the order in which they came. */
let moment = 0;

/** A write whose answer is awaited. Left alone, it stays in doubt. */
export interface PendingWrite {
  acknowledge(): void;
  /** It has had no effect, and will have none. */
  refuse(): void;
}

export class Register<T> {
  #writes: Write<T>[];
  #isSteady = true;

  constructor(value: T) {
    this.#writes = [{ value, startedAt: -1, endedAt: -1 }];
  }

  begin(value: T): PendingWrite {
    const write: Write<T> = { value, startedAt: ++moment, endedAt: Number.POSITIVE_INFINITY };
    this.#writes.push(write);
    this.#isSteady = false;
    return {
      acknowledge: () => {
        write.endedAt = ++moment;
        this.#writes = this.#writes.filter((other) => !isOverwritten(other, this.#writes));
      },
      refuse: () => {
        this.#writes = this.#writes.filter((other) => other !== write);
      },
    };
  }

  /** Every value that may be there now. */
  get possible(): ReadonlySet<T> {
    return new Set(this.#writes.map(({ value }) => value));
  }

  /** The value, where there is no doubt. */
  get certain(): T | undefined {
    const [value, ...others] = this.possible;
    return others.length === 0 ? value : undefined;
  }

  /** Whether nobody has tried to write since it was settled. */
  get isSteady(): boolean {
    return this.#isSteady;
  }

  /** It was looked at while nobody wrote: what was in doubt is so no more. */
  settle(value: T): void {
    const now = ++moment;
    this.#isSteady = true;
    this.#writes = [{ value, startedAt: now, endedAt: now }];
  }
}

/** Whether a write that was acknowledged began after this one had ended. */
function isOverwritten<T>(write: Write<T>, others: readonly Write<T>[]): boolean {
  return others.some(({ startedAt, endedAt }) => Number.isFinite(endedAt) && startedAt > write.endedAt);
}
