/**
 * The kinds of values that settings have. What is told where a value is refused, "which is not …", stands with its kind.
 */
import { isIP } from 'node:net';
import * as z from 'zod';
import { ADDRESS_RANGE_FORM, isAddressRange } from '../client/address-range.js';
import { parseTagPattern } from '../policy/tag-pattern.js';
import { BYTE_SIZE_FORM, parseByteSize } from './byte-size.js';
import { DURATION_FORM, parseDuration } from './duration.js';

export interface Address {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

export type StorageChoice =
  | { readonly kind: 'none' | 'memory' }
  | { readonly kind: 'directory'; readonly directory: string };

export const port = () => {
  const error = 'a port: a whole number from 0 to 65535';
  return z.int({ error }).min(0, { error }).max(65_535, { error });
};

/** An empty host would make Node.js listen on every interface. */
export const host = () => read(parseHost, 'an address or a host name without a port');

export const address = () => read(parseAddress, 'an address and a port, such as 127.0.0.1:9090');

export const addressRange = () =>
  z.string({ error: ADDRESS_RANGE_FORM }).refine(isAddressRange, { error: ADDRESS_RANGE_FORM });

export const duration = () => read(parseDuration, DURATION_FORM);

export const byteSize = () =>
  z.preprocess((value) => (typeof value === 'number' ? String(value) : value), read(parseByteSize, BYTE_SIZE_FORM));

export const count = () => {
  const error = 'a whole number above 0';
  return z.int({ error }).min(1, { error });
};

export const switchedOn = () => z.boolean({ error: 'true or false' });

export const path = () => read((text) => (text === '' || text.includes('\0') ? undefined : text), 'a path');

export const choice = <const T extends readonly string[]>(choices: T) =>
  z.enum(choices, { error: `one of ${choices.join(', ')}` });

export const storage = () => read(parseStorage, 'none, memory or a directory');

export const tagPattern = () => {
  const error = 'a pattern of tags: v*, or team/*:v*';
  return z.string({ error }).refine(isTagPattern, { error });
};

/** What leaves this machine has to be encrypted: an event tells who pushed what. */
export const webhookUrl = () =>
  read(parseWebhookUrl, 'an https URL, or an http URL of this machine, without user and password');

export const origin = () => read(parseOrigin, 'an origin without a path, such as https://ui.example.org, or *');

function read<T>(parse: (text: string) => T | undefined, error: string) {
  return z.string({ error }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

function isTagPattern(text: string): boolean {
  try {
    parseTagPattern(text);
    return true;
  } catch {
    return false;
  }
}

function parseHost(text: string): string | undefined {
  const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  const isName = bare === text && /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(bare);
  return isIP(bare) !== 0 || isName ? bare : undefined;
}

function parseAddress(text: string): Address | undefined {
  const [, name = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const bare = parseHost(name);
  // Without brackets nobody can tell where an IPv6 address ends.
  if (bare === undefined || (name === bare && bare.includes(':')) || Number(digits) > 65_535) return undefined;
  return { host: bare, port: Number(digits) };
}

function parseStorage(text: string): StorageChoice | undefined {
  if (text === 'none' || text === 'memory') return { kind: text };
  return text === '' || text.includes('\0') ? undefined : { kind: 'directory', directory: text };
}

function parseWebhookUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url : undefined;
}

function parseOrigin(text: string): string | undefined {
  if (text === '*') return text;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.origin === text && /^https?:$/.test(url.protocol) ? text : undefined;
}

/** Whether only this machine can call `host`, or be called there. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}
