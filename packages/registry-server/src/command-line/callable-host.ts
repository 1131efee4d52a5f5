import { isIPv6 } from 'node:net';

/** Addresses that stand for every interface of a machine; one can listen there, but not call there. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * The host under which clients on this machine call a server that listens on `host`. Docker, containerd and podman speak
 * plain HTTP to `localhost` without being told to.
 */
export function formatCallableHost(host: string): string {
  return WILDCARDS.has(host) || host === '::1' || host.startsWith('127.') ? 'localhost' : host;
}

/** `host:port`, as in a URL. */
export function formatAuthority(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
