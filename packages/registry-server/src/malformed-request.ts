import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatWireError } from '@quinistry/oci-image/spec';

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
