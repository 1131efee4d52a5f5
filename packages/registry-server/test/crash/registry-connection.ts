/** The server went away before it answered: nobody knows what became of the request. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface SentRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

/** Whole answers of the server on a port, or none. */
export class RegistryConnection {
  readonly #origin: string;

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
  }

  /** @throws {ConnectionLost} */
  async send(method: string, target: string, { headers = {}, body }: SentRequest = {}): Promise<Answer> {
    const stream = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
    try {
      const response = await fetch(`${this.#origin}${target}`, { method, headers, ...(body && { body }), ...stream });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, bytes };
    } catch (error) {
      throw new ConnectionLost(`${method} ${target}`, { cause: error });
    }
  }
}
