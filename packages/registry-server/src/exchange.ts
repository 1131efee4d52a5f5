import { formatWireError, WIRE_ERRORS, type WireErrorCode } from '@quinistry/oci-image/spec';
import { openBodyStream } from './http/body-stream.js';
import type { Transport } from './http/transport.js';
import type { FailureContext, ResponseEvent, ResponseKind } from './response-event.js';
import type { RegistryStorage } from './storage/registry-storage.js';

export type ResponseHeaders = Readonly<Record<string, string>>;

export interface WireErrorOptions {
  readonly status?: number | undefined;
  readonly headers?: ResponseHeaders | undefined;
}

/** Those who watch a registry at work. */
export interface RegistryObserver {
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
  readonly onError?: ((error: unknown, context: FailureContext) => void) | undefined;
}

const encoder = new TextEncoder();

/**
 * One request and its answer. Handlers make their answers here, and so a HEAD gets exactly the headers of the GET, and
 * each answer is counted.
 */
export class Exchange {
  readonly request: Request;
  readonly target: string;
  readonly storage: RegistryStorage;
  /** For the observer. A handler narrows `blob` once it knows better. */
  subject: Pick<ResponseEvent, 'kind' | 'repository' | 'reference'> = { kind: 'unknown' };

  readonly #observer: RegistryObserver;
  readonly #transport: Transport | undefined;
  readonly #startedAt = performance.now();

  constructor(
    request: Request,
    target: string,
    options: { storage: RegistryStorage; observer: RegistryObserver; transport: Transport | undefined },
  ) {
    this.request = request;
    this.target = target;
    this.storage = options.storage;
    this.#observer = options.observer;
    this.#transport = options.transport;
  }

  get method(): string {
    return this.request.method;
  }

  get query(): URLSearchParams {
    const start = this.target.indexOf('?');
    return new URLSearchParams(start === -1 ? '' : this.target.slice(start));
  }

  /** All lines of a header, joined by commas; `null` where there is none. */
  header(name: string): string | null {
    return this.request.headers.get(name);
  }

  narrow(kind: ResponseKind): void {
    this.subject = { ...this.subject, kind };
  }

  empty(status: number, headers: ResponseHeaders = {}): Response {
    this.#finish(status, 0, true);
    return new Response(null, { status, headers });
  }

  bytes(status: number, headers: ResponseHeaders, bytes: Uint8Array): Response {
    // Content-Length is said outright, for the answer to a HEAD has no body that could be counted.
    const withLength = { ...headers, 'Content-Length': String(bytes.byteLength) };
    if (this.method === 'HEAD') return this.empty(status, withLength);
    this.#finish(status, bytes.byteLength, true);
    return new Response(bytes, { status, headers: withLength });
  }

  json(status: number, value: unknown, headers: ResponseHeaders = {}): Response {
    return this.#text(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
  }

  /** @param options - `status`: the usual one of `code` by default. */
  error(code: WireErrorCode, message: string, options: WireErrorOptions = {}): Response {
    const { status = WIRE_ERRORS[code].status, headers } = options;
    const text = formatWireError({ code, message });
    return this.#text(status, { 'Content-Type': 'application/json', ...headers }, text);
  }

  /** @param size - bytes that `open` yields. */
  async stream(
    status: number,
    headers: ResponseHeaders,
    size: number,
    open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ): Promise<Response> {
    const withLength = { ...headers, 'Content-Length': String(size) };
    if (this.method === 'HEAD') return this.empty(status, withLength);
    const { outgoing } = this.#transport ?? {};
    const body = await openBodyStream(open, {
      size,
      breakOff: outgoing && (() => outgoing.destroy()),
      onEnd: ({ bytes, complete, error }) => {
        if (error !== undefined) this.#report(error);
        this.#finish(status, bytes, complete);
      },
    });
    return new Response(body, { status, headers: withLength });
  }

  /** Whatever the store threw is for the operator; the client learns only that it was not its fault. */
  failure(error: unknown): Response {
    this.#report(error);
    return this.error('UNKNOWN', 'the registry could not answer this request');
  }

  #text(status: number, headers: ResponseHeaders, text: string): Response {
    return this.bytes(status, headers, encoder.encode(text));
  }

  #report(error: unknown): void {
    this.#observer.onError?.(error, { method: this.method, target: this.target });
  }

  #finish(status: number, bytes: number, complete: boolean): void {
    this.#observer.onResponse?.({
      ...this.subject,
      method: this.method,
      target: this.target,
      status,
      bytes,
      complete,
      durationMs: performance.now() - this.#startedAt,
    });
  }
}
