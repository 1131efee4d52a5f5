import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { formatWireError } from '@quinistry/oci-image/spec';

/**
 * Answers what Node's parser refused: two Content-Lengths, a Content-Length beside a Transfer-Encoding, a NUL in the
 * target, headers that are too long or come too slowly. After any of these nobody can say where the next request
 * begins, so the connection ends here.
 *
 * @param answering - an answer is on its way over this connection already; nothing can be put into it.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, answering: boolean): void {
  if (answering || error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = PROBLEMS[error.code ?? ''] ?? ['400 Bad Request', 'this is no HTTP request'];
  const body = formatWireError({ code: 'UNSUPPORTED', message });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * Answers what Node's parser passes on and HTTP forbids. Node would do it, too, but without the JSON that clients of a
 * registry print.
 *
 * @returns whether the request was answered here.
 * @see RFC 9112, section 3.2: a request of HTTP/1.1 names its host, and names it once. Of two, a proxy may believe the
 * one and this server the other.
 */
export function refuseWithoutHost({ rawHeaders, httpVersion }: IncomingMessage, outgoing: ServerResponse): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts += 1;
  if (hosts === 1 || (hosts === 0 && httpVersion !== '1.1')) return false;
  refuse(outgoing, 400, 'a request needs one Host header');
  return true;
}

/** @see RFC 9110, section 10.1.1: `100-continue` is the one expectation that there is. */
export function refuseExpectation(_: IncomingMessage, outgoing: ServerResponse): void {
  refuse(outgoing, 417, 'this expectation cannot be met');
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  const body = formatWireError({ code: 'UNSUPPORTED', message });
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  outgoing.writeHead(status, headers).end(body);
}

const PROBLEMS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request came too slowly'],
};
