/** Addresses as connections and headers have them, and how much of one stands for a client. */
import { isIP } from 'node:net';

export interface IpAddress {
  readonly family: 4 | 6;
  /** Without a zone. What comes dressed as IPv6 (`::ffff:10.0.0.1`) is IPv4. */
  readonly text: string;
}

/** @returns `undefined` for what is no address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const family = isIP(text);
  if (family === 4) return { family, text };
  if (family !== 6) return undefined;
  const bare = text.replace(/%.*$/, '');
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? { family: 4, text: groups.slice(6).map(dotted).join('.') } : { family: 6, text: bare };
}

/**
 * What is counted and slowed down as one: an IPv4 address, or an IPv6 network, for whoever has one address of it has the
 * other 2^64 as well.
 *
 * @param address - `undefined` where the platform does not tell; those all count as one.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const { family, text } = parseIpAddress(address) ?? { family: undefined, text: address };
  if (family !== 6) return text;
  const network = groupsOf(text).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
}

/** The eight numbers of an IPv6 address; the last two may be written as an IPv4 address. */
function groupsOf(address: string): readonly number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes) => {
    const [a, b, c, d] = bytes.map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = [], after = []] = plain
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  const omitted = Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...omitted, ...after];
}

function dotted(group: number): string {
  return `${group >> 8}.${group & 0xff}`;
}
