/**
 * Who sends a request, where proxies stand in between. Whoever connects can write what it likes into `X-Forwarded-For`, so
 * it is believed only where a proxy that is trusted has written it.
 */
import type { Transport } from '../http/transport.js';
import { AddressRanges } from './address-range.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

export class TrustedProxies {
  readonly #proxies: AddressRanges;

  /**
   * @param ranges - addresses of proxies, and ranges of them; none: only the connection is believed.
   * @throws {OciError} `ARGUMENT_INVALID` for what is no range.
   */
  constructor(ranges: readonly string[] = []) {
    this.#proxies = new AddressRanges(ranges);
  }

  /**
   * Each proxy adds at the end of `X-Forwarded-For` whom it was called by. So it is read from there, for as long as the one
   * that wrote an address is trusted; the first that is not is the client. What is no address ends it, too: then the last
   * proxy counts as the client.
   *
   * @returns `undefined` where the platform does not tell.
   */
  clientAddress(request: Request, transport: Transport | undefined): string | undefined {
    const peer = peerOf(transport);
    if (!this.#trusts(peer)) return peer;
    let client = peer;
    for (const hop of hopsOf(request).reverse()) {
      const address = parseHop(hop);
      if (address === undefined) break;
      client = address.text;
      if (!this.#proxies.has(address)) break;
    }
    return client;
  }

  /**
   * Scheme and authority that the client sent its request to. A proxy that ends TLS says in `X-Forwarded-Proto` that there was
   * some; the authority is what it passes on in `Host`.
   */
  origin(request: Request, transport: Transport | undefined): string {
    const { origin, host } = new URL(request.url);
    if (!this.#trusts(peerOf(transport))) return origin;
    const scheme = request.headers.get('X-Forwarded-Proto')?.toLowerCase();
    return scheme === 'https' || scheme === 'http' ? new URL(`${scheme}://${host}`).origin : origin;
  }

  #trusts(peer: string | undefined): boolean {
    if (this.#proxies.isEmpty || peer === undefined) return false;
    const address = parseIpAddress(peer);
    return address !== undefined && this.#proxies.has(address);
  }
}

function peerOf(transport: Transport | undefined): string | undefined {
  return transport?.incoming?.socket?.remoteAddress;
}

/** From the client on. A header that stands there twice is one list. */
function hopsOf(request: Request): string[] {
  const header = request.headers.get('X-Forwarded-For');
  return header === null ? [] : header.split(',').map((hop) => hop.trim());
}

/** Some proxies write the port as well, and IPv6 addresses in brackets. */
function parseHop(text: string): IpAddress | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  if (bracketed !== undefined) return bracketed.includes(':') ? parseIpAddress(bracketed) : undefined;
  return parseIpAddress(dotted ?? text);
}
