/**
 * The story of a pull, told as it happens. The original of 2017 told it so:
 * starting, acknowledging the V2 API, serving manifest, serving config, serving layer.
 */
import type { FailureContext, ResponseEvent, ResponseKind } from '../response-event.js';
import type { Log } from './create-log.js';
import { printable } from './printable.js';

const SUBJECTS: Readonly<Record<ResponseKind, string>> = {
  root: 'front page',
  base: 'V2 API',
  catalog: 'catalog',
  tags: 'tag list',
  manifest: 'manifest',
  config: 'config',
  layer: 'layer',
  blob: 'blob',
  referrers: 'referrers',
  upload: 'push',
  unknown: 'request',
};

/** What a registry tells, and where it goes. */
export interface RequestLog {
  readonly onResponse: (event: ResponseEvent) => void;
  readonly onError: (error: unknown, context?: FailureContext) => void;
}

/** One line for each request that was answered, and one for each failure behind an answer. */
export function logRequests(log: Log): RequestLog {
  return {
    onResponse({ kind, method, target, status, bytes, complete, durationMs }) {
      const fields = {
        method: printable(method),
        target: printable(target),
        status,
        bytes,
        durationMs: Math.round(durationMs * 10) / 10,
        // Clients break off what they find they have already, so this is worth a word, not a warning.
        ...(complete ? {} : { complete }),
      };
      log[levelOf(status)](fields, messageOf(kind, method, status));
    },
    onError(error, context) {
      const request = context && { method: printable(context.method), target: printable(context.target) };
      log.error({ ...request, err: error }, 'something went wrong');
    },
  };
}

/** A client asks for what may not be there before it pushes, and to learn what a registry can do: 404 is no trouble. */
function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error';
  return status >= 400 && status !== 404 ? 'warn' : 'info';
}

function messageOf(kind: ResponseKind, method: string, status: number): string {
  const subject = SUBJECTS[kind];
  if (status >= 500) return `failing at ${subject}`;
  if (status === 404) return `not finding ${subject}`;
  if (status >= 400) return `refusing ${subject}`;
  if (method === 'OPTIONS') return `explaining ${subject}`;
  return kind === 'base' ? `acknowledging ${subject}` : `serving ${subject}`;
}
