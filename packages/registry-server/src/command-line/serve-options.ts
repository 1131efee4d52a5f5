/** Options of `quinistry serve`, from flags and the environment. A flag wins over a variable, and a variable over the default. */
import { isIP } from 'node:net';
import { LOG_LEVELS, type LogFormat, type LogLevel } from '../log/create-log.js';
import { UsageError } from './usage-error.js';

/** Whoever wants to be called from other machines says so. */
export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8080;
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;

export interface ServeOptions {
  /** An address or a name of this machine; an IPv6 address without brackets. */
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  readonly logFormat: LogFormat | 'auto';
  readonly logLevel: LogLevel;
}

/** As typed, and `undefined` where it was not. */
export interface ServeFlags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly logFormat?: string | undefined;
  readonly logLevel?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {UsageError} that names the flag or the variable, what it holds and what it could hold. */
export function parseServeOptions(flags: ServeFlags, env: Environment): ServeOptions {
  return {
    host: parseHost(...firstGiven(['--host', flags.host], ['HOST', env.HOST], DEFAULT_HOST)),
    port: parsePort(...firstGiven(['--port', flags.port], ['PORT', env.PORT], String(DEFAULT_PORT))),
    logFormat: parseChoice('--log-format', flags.logFormat ?? 'auto', LOG_FORMATS),
    logLevel: parseChoice('--log-level', flags.logLevel ?? 'info', LOG_LEVELS),
  };
}

type Given = readonly [source: string, text: string | undefined];

/** A variable that is set to nothing is given: it is more likely a mistake in a script than a wish for the default. */
function firstGiven(flag: Given, variable: Given, fallback: string): readonly [source: string, text: string] {
  for (const [source, text] of [flag, variable]) if (text !== undefined) return [source, text];
  return ['default', fallback];
}

function parsePort(source: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw refused(source, text, 'a port: a whole number from 0 to 65535');
}

/** An empty host would make Node listen on every interface. */
function parseHost(source: string, text: string): string {
  const host = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (isIP(host) !== 0 || (host === text && /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(host))) return host;
  throw refused(source, text, 'an address or a host name without a port');
}

export function parseChoice<T extends string>(source: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw refused(source, text, `one of ${choices.join(', ')}`);
}

function refused(source: string, text: string, expected: string): UsageError {
  return new UsageError(`${source} is ${JSON.stringify(text)}, which is not ${expected}`);
}
