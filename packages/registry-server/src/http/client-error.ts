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

const PROBLEMS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request came too slowly'],
};
