/** A registry on a port of this machine, by way of Node's own HTTP server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { formatWireError } from '@quinistry/oci-image/spec';
import { answerClientError } from './http/client-error.js';
import type { OutgoingBody } from './http/outgoing-body.js';
import { refuseExpectation, refuseWithoutHost } from './malformed-request.js';
import { QueuedAnswers } from './queued-answers.js';
import type { Registry } from './registry.js';

/** Time for a request's line and headers. Nothing honest needs longer, and slow headers cost an attacker next to nothing. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 10_000;

/**
 * A connection that moves no byte for this long is cut. There is no limit on a whole request: a layer of some gigabytes
 * over a slow line takes hours and is honest all the while.
 */
export const DEFAULT_IDLE_TIMEOUT_MS = 60_000;

/** How long `close` lets running requests go on. Docker kills ten seconds after it has asked to stop, Kubernetes thirty. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 8_000;

/** Node's own default, written down: a request whose headers are larger gets 431. */
const MAX_HEADER_BYTES = 16 * 1024;

/** A certificate and its key, as text in PEM form. */
export interface TlsCredentials {
  /** The server's own certificate first, then those that lead to one that clients know. */
  readonly certificate: string;
  readonly key: string;
}

export interface ServerOptions {
  readonly registry: Pick<Registry, 'fetch'>;
  /** An address or a name of this machine. @defaultValue `127.0.0.1` */
  readonly host?: string | undefined;
  /** 0 takes one that is free. @defaultValue `0` */
  readonly port?: number | undefined;
  /** With it, the server speaks https. @defaultValue plain HTTP */
  readonly tls?: TlsCredentials | undefined;
  /** @defaultValue {@link DEFAULT_HEADERS_TIMEOUT_MS} */
  readonly headersTimeoutMs?: number | undefined;
  /** @defaultValue {@link DEFAULT_IDLE_TIMEOUT_MS} */
  readonly idleTimeoutMs?: number | undefined;
  /** Told of what goes wrong once the server listens and no request can be blamed for: no more file descriptors, say. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface RunningServer {
  readonly address: string;
  readonly port: number;
  /** Shows another certificate from the next connection on; does nothing for a server that speaks plain HTTP. */
  renewTls(credentials: TlsCredentials): void;
  /**
   * Takes no more connections, closes the idle ones, and lets running requests end.
   * What is left after `timeoutMs` is cut.
   *
   * @param options - `timeoutMs`: {@link DEFAULT_CLOSE_TIMEOUT_MS} by default.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

/**
 * Listens, and resolves as soon as it does.
 *
 * @throws {ListenError} where the address cannot be had: the port is taken, or needs more rights.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { registry, host = '127.0.0.1', port = 0, tls, onError = () => {} } = options;
  const { headersTimeoutMs = DEFAULT_HEADERS_TIMEOUT_MS, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const running = new Set<ServerResponse>();
  const queued = new QueuedAnswers();
  /** Connections on which no request came yet, by their peers: with TLS, a request comes by a socket that wraps this one. */
  const silent = new Map<string, Socket>();
  let closing = false;

  const listener = getRequestListener((request, env) => respond(registry, request, env), {
    hostname: 'localhost', // where an HTTP/1.0 client sends no Host
    errorHandler: (error) => badRequest(error, onError),
  });

  const serverOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false, // refuseWithoutHost sees to it
    headersTimeout: headersTimeoutMs,
    requestTimeout: 0, // see DEFAULT_IDLE_TIMEOUT_MS
    connectionsCheckingInterval: Math.ceil(headersTimeoutMs / 10),
    keepAliveTimeout: idleTimeoutMs,
  };
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    silent.delete(peerOf(incoming.socket));
    if (refuseWithoutHost(incoming, outgoing)) return;
    running.add(outgoing);
    queued.add(incoming.socket, outgoing);
    outgoing.once('close', () => {
      running.delete(outgoing);
      if (closing) server.closeIdleConnections();
    });
    outgoing.on('timeout', (socket: Socket) => {
      if (outgoing.headersSent) {
        socket.destroy();
        return;
      }
      const { bytesRead } = socket;
      // What waits in the system's buffers comes first: the server may have begun to read on just now.
      setImmediate(() => {
        const isSilent = isWaitingForBody(incoming) && socket.bytesRead === bytesRead && !outgoing.headersSent;
        if (isSilent) socket.destroy();
        // Otherwise it is not the client that is slow: its request may wait for an image to be built.
        else socket.setTimeout(idleTimeoutMs);
      });
    });
    if (closing || carriesIgnoredBody(incoming)) outgoing.shouldKeepAlive = false;
    void listener(incoming, outgoing);
  };
  const server =
    tls === undefined
      ? createServer(serverOptions, serve)
      : await createSecureServer(tls, { ...serverOptions, handshakeTimeout: headersTimeoutMs }, serve);
  server.timeout = idleTimeoutMs;
  server.on('connection', (socket) => {
    const peer = peerOf(socket);
    silent.set(peer, socket);
    socket.once('close', () => silent.delete(peer));
  });
  server.on('checkExpectation', refuseExpectation);
  server.on('clientError', (error, socket) => {
    // A handshake that failed: there is nothing yet that an answer could be sent through.
    if (tls !== undefined && !('alpnProtocol' in socket && socket.alpnProtocol !== null)) {
      socket.destroy();
      return;
    }
    const answering = [...running].some((outgoing) => outgoing.socket === socket);
    answerClientError(error, socket, answering);
  });

  await listen(server, host, port);
  server.on('error', onError);
  const bound = server.address() as AddressInfo;

  return {
    address: bound.address,
    port: bound.port,
    renewTls({ certificate, key }) {
      if ('setSecureContext' in server) server.setSecureContext({ cert: certificate, key });
    },
    async close({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Node counts a connection on which nothing was ever said as busy.
      for (const socket of silent.values()) socket.destroy();
      for (const outgoing of running) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false;
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** An address that cannot be listened on; `code` is the system's: `EADDRINUSE`, `EACCES`. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'this user may not listen there; ports below 1024 need more rights',
  EADDRNOTAVAIL: 'no interface of this machine has this address',
  ENOTFOUND: 'this host name is unknown',
};

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'UNKNOWN';
      const problem = LISTEN_PROBLEMS[code] ?? error.message;
      reject(new ListenError(code, `cannot listen on ${host} port ${port}: ${problem}`, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** Loaded where it is wanted only: most servers speak plain HTTP, on loopback or behind a proxy. */
async function createSecureServer(
  { certificate, key }: TlsCredentials,
  options: import('node:https').ServerOptions,
  serve: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Promise<SecureServer> {
  const { createServer } = await import('node:https');
  return createServer({ ...options, cert: certificate, key }, serve);
}

const bodies = new WeakMap<Response, OutgoingBody>();

/** A body that a store reads goes to the connection from here: by way of a web stream it would take twice the time. */
async function respond(
  registry: ServerOptions['registry'],
  request: Request,
  { incoming, outgoing }: HttpBindings | Http2Bindings,
): Promise<Response> {
  const response = await registry.fetch(request, { incoming, outgoing, request, bodies });
  const body = bodies.get(response);
  if (body === undefined) return response;
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  void body.writeTo(outgoing);
  return RESPONSE_ALREADY_SENT;
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Whether the next move is the client's: what it sent of its body has been read, and there is more to come. */
function isWaitingForBody({ complete, readableLength }: IncomingMessage): boolean {
  return !complete && readableLength === 0;
}

/** A GET's body means nothing (RFC 9110, section 9.3.1). It is not read, so the connection cannot serve another request. */
function carriesIgnoredBody({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody && (method === 'GET' || method === 'HEAD');
}

/** The adapter makes a URL of target and Host before the registry is asked, and gives up on what no URL can hold. */
function badRequest(error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof Error && error.name === 'RequestError') {
    const message = 'the request target or the Host header cannot be part of a URL';
    const headers = { 'Content-Type': 'application/json' };
    return new Response(formatWireError({ code: 'NAME_INVALID', message }), { status: 400, headers });
  }
  onError(error);
  return new Response(null, { status: 500 });
}
