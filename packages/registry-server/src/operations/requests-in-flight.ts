import type { Registry } from '../registry.js';

/**
 * Knows which requests are still being handled. A connection that was cut leaves its handler behind, which keeps what came
 * of an upload: the store must stay open for it.
 */
export class RequestsInFlight {
  readonly #pending = new Set<Promise<unknown>>();

  /** `registry`, its requests followed. */
  follow(registry: Registry): Registry {
    return {
      fetch: (request, transport) => {
        const response = registry.fetch(request, transport);
        if (response instanceof Promise) this.#add(response);
        return response;
      },
    };
  }

  /** Waits until every request that has come has been handled. */
  async end(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  #add(response: Promise<unknown>): void {
    this.#pending.add(response);
    const remove = () => this.#pending.delete(response);
    response.then(remove, remove);
  }
}
