import { styleText } from 'node:util';
import { formatByteCount } from './byte-count.js';
import { printable } from './printable.js';

/** What every line has. The other fields of a record depend on what happened. */
interface LogRecord {
  readonly level: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

type Style = Parameters<typeof styleText>[0];

/** Fits the longest message of a pull, so that what was asked for stands in one column. */
const MESSAGE_COLUMNS = 20;

const LEVEL_STYLES: Readonly<Record<string, Style>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** Fields that explain themselves where they stand; the others are shown with their names. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set([
  'method',
  'target',
  'status',
  'bytes',
  'durationMs',
  'digest',
  'url',
]);

/** Fields for machines: a person at a terminal reads one story at a time. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['requestId', 'remoteAddress']);

/**
 * Makes a line for people out of a JSON line. It is about what this server logs, and takes the place of pino-pretty,
 * which would double what the log adds to the bundle and hands escape sequences through to the terminal.
 */
export function createPrettyPrinter({ colors }: { readonly colors: boolean }): (line: string) => string {
  const paint = (style: Style | undefined, text: string) =>
    colors && style !== undefined && text !== '' ? styleText(style, text, { validateStream: false }) : text;

  return (line) => {
    const { level, time, msg, err, ...fields } = JSON.parse(line) as LogRecord;
    const told = Object.entries(fields).filter(([name]) => !HIDDEN_FIELDS.has(name));
    const shown = told.map(([name, value]) => {
      const text = formatField(name, value);
      return PLAIN_FIELDS.has(name) ? text : paint('dim', `${name}=${text}`);
    });
    const message = shown.length > 0 ? msg.padEnd(MESSAGE_COLUMNS) : msg;
    const head = `${paint('dim', localTime(time))}  ${paint(LEVEL_STYLES[level], printable(message))}`;
    return `${[head, ...shown].join('  ')}\n${paint('dim', formatError(err))}`;
  };
}

function formatField(name: string, value: unknown): string {
  if (typeof value === 'number' && (name === 'bytes' || name === 'receivedBytes')) return formatByteCount(value);
  if (typeof value === 'number' && name === 'durationMs') return `${value} ms`;
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** An error as pino writes it down. The stack starts with name and message. */
function formatError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { readonly stack?: unknown; readonly message?: unknown };
  const lines = String(stack ?? message).split('\n');
  return lines.map((line) => `          ${printable(line.trimEnd())}\n`).join('');
}

function localTime(time: string): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
