import { setImmediate } from 'node:timers/promises';

/** A client that stalls: its second chunk comes only once it is released. */
export interface HeldSource {
  readonly source: AsyncIterable<Uint8Array>;
  /** Settles when the first chunk has been taken and the second one is asked for. */
  readonly started: Promise<void>;
  release(): void;
}

export function heldSource(first: Uint8Array, second: Uint8Array): HeldSource {
  let start = (): void => {};
  let release = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    yield first;
    start();
    await released;
    yield second;
  }
  return { source: source(), started, release };
}

/** A client that never stops: whoever reads it has to. */
export function endlessSource(): Pick<HeldSource, 'source' | 'started'> {
  let start = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield new Uint8Array(10);
      start();
      await setImmediate();
    }
  }
  return { source: source(), started };
}
