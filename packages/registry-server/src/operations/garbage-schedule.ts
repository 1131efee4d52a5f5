/** Garbage collection while the server runs. */
import type { Log } from '../log/create-log.js';
import type { CollectOptions, Garbage, RegistryStore } from '../storage/registry-store.js';

export interface GarbageScheduleOptions extends Pick<CollectOptions, 'graceMs' | 'untagged'> {
  readonly store: Pick<RegistryStore, 'collectGarbage'>;
  /** Between the end of one collection and the start of the next. */
  readonly intervalMs: number;
  readonly log: Pick<Log, 'info' | 'debug' | 'error'>;
  readonly onGarbage?: ((garbage: Garbage) => void) | undefined;
}

/**
 * Collects garbage again and again, the first time after one interval.
 *
 * @returns how to stop; resolves once nothing is being removed any more.
 */
export function scheduleGarbageCollection(options: GarbageScheduleOptions): () => Promise<void> {
  const { intervalMs, log } = options;
  const over = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const schedule = () => {
    timer = setTimeout(() => {
      running = collect(options, over.signal)
        .catch((err: unknown) => {
          if (!over.signal.aborted) log.error({ err }, 'failing to collect garbage');
        })
        .finally(() => {
          if (!over.signal.aborted) schedule();
        });
    }, intervalMs).unref();
  };
  schedule();

  return async () => {
    over.abort();
    clearTimeout(timer);
    await running;
  };
}

async function collect(options: GarbageScheduleOptions, signal: AbortSignal): Promise<void> {
  const { store, graceMs, untagged, log, onGarbage } = options;
  const startedAt = performance.now();
  let count = 0;
  let bytes = 0;
  for await (const garbage of store.collectGarbage({ graceMs, untagged, signal })) {
    const { kind, repository, name, size } = garbage;
    log.debug({ kind, repository, name, bytes: size }, 'removing garbage');
    onGarbage?.(garbage);
    count += 1;
    bytes += size;
  }
  log.info({ count, bytes, durationMs: Math.round(performance.now() - startedAt) }, 'collected garbage');
}
