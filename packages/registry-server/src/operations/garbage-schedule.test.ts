import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLog } from '../log/create-log.js';
import type { CollectOptions, Garbage } from '../storage/registry-store.js';
import { scheduleGarbageCollection } from './garbage-schedule.js';

const GARBAGE: Garbage = { kind: 'blob', repository: 'team/app', name: 'sha256:0', size: 512 };

function schedule(collectGarbage: (options: CollectOptions) => AsyncIterable<Garbage>) {
  const lines: string[] = [];
  const removed: Garbage[] = [];
  const stop = scheduleGarbageCollection({
    store: { collectGarbage },
    intervalMs: 1,
    graceMs: 3000,
    untagged: true,
    log: createLog({ level: 'info', format: 'json', write: (line) => lines.push(line) }),
    onGarbage: (garbage) => removed.push(garbage),
  });
  onTestFinished(stop);
  return { stop, removed, messages: () => lines.map((line) => JSON.parse(line)) };
}

describe('scheduleGarbageCollection', () => {
  it('collects again and again, and tells what was freed', async () => {
    const asked: CollectOptions[] = [];
    const { removed, messages } = schedule(async function* (options) {
      asked.push(options);
      yield* [GARBAGE, GARBAGE];
    });
    await vi.waitFor(() => expect(messages().length).toBeGreaterThan(1));
    expect(asked[0]).toMatchObject({ graceMs: 3000, untagged: true });
    expect(removed.slice(0, 2)).toEqual([GARBAGE, GARBAGE]);
    expect(messages()[0]).toMatchObject({ msg: 'collected garbage', count: 2, bytes: 1024 });
  });

  it('goes on after a collection that failed, and logs why', async () => {
    let collections = 0;
    // biome-ignore lint/correctness/useYield: it fails before it has found anything
    const { messages } = schedule(async function* () {
      collections += 1;
      throw new Error('disk on fire');
    });
    await vi.waitFor(() => expect(collections).toBeGreaterThan(1));
    expect(messages()[0]).toMatchObject({ level: 'error', err: { message: 'disk on fire' } });
  });

  it('is told to stop by its signal, and stop waits for its end', async () => {
    let ended = false;
    let signal: AbortSignal | undefined;
    const { stop, messages } = schedule(async function* (options) {
      signal = options.signal;
      yield GARBAGE;
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      ended = true;
      signal?.throwIfAborted();
    });
    await vi.waitFor(() => expect(signal).toBeDefined());
    await stop();
    expect(ended).toBe(true);
    expect(messages()).toEqual([]);
  });
});
