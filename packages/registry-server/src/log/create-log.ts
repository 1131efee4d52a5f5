import { type Logger, pino, stdTimeFunctions } from 'pino';
import { createPrettyPrinter } from './pretty-printer.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines for machines, aligned lines for people. */
export type LogFormat = 'json' | 'pretty';

export type Log = Logger;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** @defaultValue `false`; JSON lines never have any */
  readonly colors?: boolean | undefined;
  /** Takes one line at a time, with its end. */
  readonly write: (line: string) => void;
}

/**
 * A log that writes at once and in this thread. pino's transports would move formatting to a worker thread, which has no
 * file to start from when the server is one bundled file, and loses the last lines when a process is told to stop.
 */
export function createLog({ level, format, colors = false, write }: LogOptions): Log {
  const pretty = format === 'pretty' ? createPrettyPrinter({ colors }) : undefined;
  return pino(
    {
      level,
      // Neither process id nor host name: in a container the one is 1 and the other is known to who collects the log.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: pretty === undefined ? write : (line) => write(pretty(line)) },
  );
}
