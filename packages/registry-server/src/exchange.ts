import { formatWireError, WIRE_ERRORS, type WireErrorCode, type WireErrorEntry } from '@quinistry/oci-image/spec';
import { networkOf } from './client/ip-address.js';
import type { TrustedProxies } from './client/trusted-proxies.js';
import { type CorsOptions, corsHeaders } from './http/cors.js';
import { OutgoingBody } from './http/outgoing-body.js';
import { RequestBody } from './http/request-body.js';
import { REQUEST_ID_HEADER, requestIdOf } from './http/request-id.js';
import type { Transport } from './http/transport.js';
import { type AccessControl, ANYBODY, type Identity } from './policy/access-control.js';
import type { GuardedStore } from './policy/guarded-store.js';
import type { RegistryPolicy } from './policy/registry-policy.js';
import type { Uploader } from './policy/upload-ledger.js';
import type { RegistryEvent } from './registry-event.js';
import type { FailureContext, ResponseEvent, ResponseKind } from './response-event.js';
import type { ReadBlobOptions, RegistryStorage } from './storage/registry-storage.js';

export type ResponseHeaders = Readonly<Record<string, string>>;

export interface WireErrorOptions {
  readonly status?: number | undefined;
  readonly headers?: ResponseHeaders | undefined;
}

/** Those who watch a registry at work. */
export interface RegistryObserver {
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
  readonly onError?: ((error: unknown, context: FailureContext) => void) | undefined;
  /** Told of pushes and deletes. */
  readonly onEvent?: ((event: RegistryEvent) => void) | undefined;
}

/** What all exchanges of a registry have in common. */
export interface RegistryContext {
  readonly storage: RegistryStorage;
  /** Where pushes go; absent in a registry that takes none. */
  readonly store?: GuardedStore | undefined;
  readonly policy: RegistryPolicy;
  readonly access?: AccessControl | undefined;
  readonly cors?: CorsOptions | undefined;
  readonly proxies: TrustedProxies;
  readonly observer: RegistryObserver;
}

const encoder = new TextEncoder();

/**
 * One request and its answer. Handlers make their answers here, and so a HEAD gets exactly the headers of the GET, and
 * each answer is counted.
 */
export class Exchange {
  readonly request: Request;
  readonly target: string;
  readonly context: RegistryContext;
  readonly storage: RegistryStorage;
  readonly body: RequestBody;
  readonly requestId: string;
  /** Whose request it is, once that has been found out. */
  identity: Identity = ANYBODY;
  /** For the observer. A handler narrows `blob` once it knows better. */
  subject: Pick<ResponseEvent, 'kind' | 'repository' | 'reference'> = { kind: 'unknown' };

  readonly #transport: Transport | undefined;
  readonly #startedAt = performance.now();

  constructor(request: Request, target: string, context: RegistryContext, transport: Transport | undefined) {
    this.request = request;
    this.target = target;
    this.context = context;
    this.storage = context.storage;
    this.body = new RequestBody(request, transport);
    this.requestId = requestIdOf(request.headers.get(REQUEST_ID_HEADER));
    this.#transport = transport;
  }

  get method(): string {
    return this.request.method;
  }

  get query(): URLSearchParams {
    const start = this.target.indexOf('?');
    return new URLSearchParams(start === -1 ? '' : this.target.slice(start));
  }

  /** The client's, which is not that of the connection where a trusted proxy stands in between. */
  get remoteAddress(): string | undefined {
    return this.context.proxies.clientAddress(this.request, this.#transport);
  }

  /** Whose the uploads of this request are, and whom they count for. */
  get uploader(): Uploader {
    const { name } = this.identity;
    const client = name === undefined ? `network ${networkOf(this.remoteAddress)}` : `account ${name}`;
    return { owner: name, client };
  }

  /** Scheme and authority that the client sent its request to. */
  get origin(): string {
    return this.context.proxies.origin(this.request, this.#transport);
  }

  /** All lines of a header, joined by commas; `null` where there is none. */
  header(name: string): string | null {
    return this.request.headers.get(name);
  }

  narrow(kind: ResponseKind): void {
    this.subject = { ...this.subject, kind };
  }

  /** Tells of something that the store has acknowledged. */
  announce(event: Omit<RegistryEvent, 'identity' | 'requestId'>): void {
    const { onEvent } = this.context.observer;
    if (onEvent === undefined) return;
    try {
      onEvent({ ...event, identity: this.identity.name, requestId: this.requestId });
    } catch (error) {
      this.report(error); // what was done is done, and its client is told so
    }
  }

  empty(status: number, headers: ResponseHeaders = {}): Response {
    this.#finish(status, 0, true);
    // Left to itself, Node would send a chunked body without a chunk.
    const hasLength = status === 204 || status === 304 || 'Content-Length' in headers;
    return new Response(null, { status, headers: this.#complete(headers, hasLength ? undefined : 0) });
  }

  bytes(status: number, headers: ResponseHeaders, bytes: Uint8Array): Response {
    // Content-Length is said outright, for the answer to a HEAD has no body that could be counted.
    const isHead = this.method === 'HEAD';
    const { broken } = this.body; // Then nobody is there to read the answer.
    this.#finish(status, isHead || broken ? 0 : bytes.byteLength, !broken);
    return new Response(isHead ? null : bytes, { status, headers: this.#complete(headers, bytes.byteLength) });
  }

  json(status: number, value: unknown, headers: ResponseHeaders = {}): Response {
    return this.#text(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
  }

  /** @param options - `status`: the usual one of `code` by default. */
  error(code: WireErrorCode, message: string, { status, headers }: WireErrorOptions = {}): Response {
    return this.errors(status ?? WIRE_ERRORS[code].status, [{ code, message }], headers);
  }

  errors(status: number, entries: readonly WireErrorEntry[], headers?: ResponseHeaders): Response {
    return this.#text(status, { 'Content-Type': 'application/json', ...headers }, formatWireError(...entries));
  }

  /** @param size - bytes that `open` yields. */
  async stream(
    status: number,
    headers: ResponseHeaders,
    size: number,
    open: (options: Required<Pick<ReadBlobOptions, 'signal' | 'recycle'>>) => AsyncIterable<Uint8Array>,
  ): Promise<Response> {
    if (this.method === 'HEAD') return this.empty(status, { ...headers, 'Content-Length': String(size) });
    const { outgoing, bodies } = this.#transport ?? {};
    const recycle = bodies !== undefined;
    const body = await OutgoingBody.open((signal) => open({ signal, recycle }), {
      size,
      recycles: recycle,
      breakOff: outgoing && (() => outgoing.destroy()),
      onEnd: ({ bytes, complete, error }) => {
        if (error !== undefined) this.report(error);
        this.#finish(status, bytes, complete);
      },
    });
    const response = new Response(body.stream(), { status, headers: this.#complete(headers, size) });
    bodies?.set(response, body);
    return response;
  }

  /** Whatever the store threw is for the operator; the client learns only that it was not its fault. */
  failure(error: unknown): Response {
    this.report(error);
    return this.error('UNKNOWN', 'the registry could not answer this request');
  }

  report(error: unknown): void {
    const { method, target, requestId } = this;
    this.context.observer.onError?.(error, { method, target, requestId });
  }

  #text(status: number, headers: ResponseHeaders, text: string): Response {
    return this.bytes(status, headers, encoder.encode(text));
  }

  /** Adds what every answer carries. */
  #complete(headers: ResponseHeaders, length?: number): Record<string, string> {
    const named: Record<string, string> = { ...headers, [REQUEST_ID_HEADER]: this.requestId };
    if (length !== undefined) named['Content-Length'] = String(length);
    const { cors } = this.context;
    if (cors === undefined) return named;
    const added = corsHeaders(cors, this.header('Origin'), this.method === 'OPTIONS');
    const vary = [headers.Vary, added.Vary].filter((value) => value !== undefined).join(', ');
    return { ...named, ...added, ...(vary !== '' && { Vary: vary }) };
  }

  #finish(status: number, bytes: number, complete: boolean): void {
    // Field by field: spreading objects of changing shapes took a fifth of the time of a small answer.
    const { kind, repository, reference } = this.subject;
    this.context.observer.onResponse?.({
      kind,
      repository,
      reference,
      method: this.method,
      target: this.target,
      status,
      bytes,
      receivedBytes: this.body.received,
      complete,
      durationMs: performance.now() - this.#startedAt,
      requestId: this.requestId,
      identity: this.identity.name,
      remoteAddress: this.remoteAddress,
    });
  }
}
