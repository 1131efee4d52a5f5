/** The bytes that a client sends, once over. */
import type { Transport } from './transport.js';

export class RequestBody implements AsyncIterable<Uint8Array> {
  /** Bytes that came so far. */
  received = 0;
  /** Whether it broke off: the client left, or was cut for being silent. What came until then is good. */
  broken = false;
  readonly #request: Request;
  readonly #transport: Transport | undefined;

  constructor(request: Request, transport: Transport | undefined) {
    this.#request = request;
    this.#transport = transport;
  }

  /** As announced in Content-Length; `undefined` where it is chunked, which docker and the manifests of many clients are. */
  get announcedBytes(): number | undefined {
    const header = this.#request.headers.get('Content-Length');
    return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of this.#open()) {
        this.received += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }

  /**
   * Node's own stream where there is one: a web stream in between costs a fifth of the speed.
   * Stopping must not destroy it, or the connection would go before the answer.
   */
  #open(): AsyncIterable<Uint8Array> {
    const { incoming, request } = this.#transport ?? {};
    if (incoming?.iterator !== undefined && request === this.#request)
      return incoming.iterator({ destroyOnReturn: false });
    return this.#request.body === null ? nothing() : chunksOf(this.#request.body);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
