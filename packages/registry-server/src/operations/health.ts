/** What supervisors ask: is the process alive, and should it get requests. */

export const LIVE_PATH = '/healthz';
export const READY_PATH = '/readyz';

const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

export class Health {
  readonly #missing: Set<string>;
  #stopping = false;

  /** @param requirements - what has to be there before the server gets requests, beyond what it opens before it listens. */
  constructor(requirements: readonly string[]) {
    this.#missing = new Set(requirements);
  }

  /** `requirement` is there, or will not be any more. */
  settle(requirement: string): void {
    this.#missing.delete(requirement);
  }

  /** From now on no requests are wanted, though those that run are answered. */
  stop(): void {
    this.#stopping = true;
  }

  /** @returns the answer to {@link LIVE_PATH} and {@link READY_PATH}; `undefined` for any other path. */
  answer(path: string, method: string): Response | undefined {
    if (path !== LIVE_PATH && path !== READY_PATH) return undefined;
    if (method !== 'GET' && method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { ...HEADERS, Allow: 'GET, HEAD' } });
    }
    const state = path === LIVE_PATH ? { status: 'alive' } : this.#readiness();
    const status = state.status === 'alive' || state.status === 'ready' ? 200 : 503;
    return new Response(method === 'HEAD' ? null : `${JSON.stringify(state)}\n`, { status, headers: HEADERS });
  }

  #readiness(): { status: string; missing?: readonly string[] } {
    if (this.#stopping) return { status: 'stopping' };
    return this.#missing.size === 0 ? { status: 'ready' } : { status: 'starting', missing: [...this.#missing] };
  }
}
