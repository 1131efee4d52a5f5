/** Ranges of addresses, as settings name them: `10.0.0.0/8`, `2001:db8::/32`, or a single address. */
import { BlockList } from 'node:net';
import { OciError } from '@quinistry/oci-image';
import { type IpAddress, parseIpAddress } from './ip-address.js';

export const ADDRESS_RANGE_FORM = 'an address or a range of addresses, such as 10.0.0.0/8 or 2001:db8::1';

interface AddressRange extends IpAddress {
  /** Bits that all addresses of the range have in common. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Where an IPv4 address begins in the IPv6 address that it is mapped to. */
const MAPPED_BITS = 96;

export function isAddressRange(text: string): boolean {
  return parseAddressRange(text) !== undefined;
}

/** @returns `undefined` for what is none. Bits beyond the prefix mean nothing. */
function parseAddressRange(text: string): AddressRange | undefined {
  const [, base = '', digits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const address = parseIpAddress(base);
  if (address === undefined) return undefined;
  const isMapped = address.family === 4 && base.includes(':');
  const bits = BITS[address.family];
  const prefix = digits === undefined ? bits : Number(digits) - (isMapped ? MAPPED_BITS : 0);
  return prefix >= 0 && prefix <= bits ? { ...address, prefix } : undefined;
}

export class AddressRanges {
  /** One for each family: for a single list, `::/0` would hold the IPv4 addresses as well. */
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };
  readonly isEmpty: boolean;

  /** @throws {OciError} `ARGUMENT_INVALID` for what is no range. */
  constructor(ranges: readonly string[]) {
    this.isEmpty = ranges.length === 0;
    for (const written of ranges) {
      const range = parseAddressRange(written);
      if (range === undefined) {
        throw new OciError('ARGUMENT_INVALID', `${JSON.stringify(written)} is not ${ADDRESS_RANGE_FORM}`);
      }
      this.#lists[range.family].addSubnet(range.text, range.prefix, `ipv${range.family}`);
    }
  }

  has({ family, text }: IpAddress): boolean {
    return this.#lists[family].check(text, `ipv${family}`);
  }
}
