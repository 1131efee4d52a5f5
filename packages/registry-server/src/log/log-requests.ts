/**
 * The story of a pull or a push, told as it happens. The original of 2017 told it so:
 * starting, acknowledging the V2 API, serving manifest, serving config, serving layer.
 */
import type { RefusedCredentials } from '../access/access-guard.js';
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
  readonly onRefused: (refused: RefusedCredentials) => void;
}

/**
 * One line for each request that was answered, one for each failure behind an answer, and one for credentials that were
 * not taken. Nothing of what a client sent in Authorization gets here.
 */
export function logRequests(log: Log): RequestLog {
  return {
    onResponse(event) {
      const { method, target, status, bytes, receivedBytes, complete, durationMs } = event;
      const { requestId, identity, remoteAddress } = event;
      const fields = {
        method: printable(method),
        target: printable(target),
        status,
        bytes,
        ...(receivedBytes > 0 && { receivedBytes }),
        durationMs: Math.round(durationMs * 10) / 10,
        // Clients break off what they find they have already, so this is worth a word, not a warning.
        ...(complete ? {} : { complete }),
        ...(identity !== undefined && { identity: printable(identity) }),
        ...(remoteAddress !== undefined && { remoteAddress }),
        requestId,
      };
      log[levelOf(status)](fields, messageOf(event));
    },
    onError(error, context) {
      const { method, target, requestId } = context ?? {};
      const request = context && { method: printable(method ?? ''), target: printable(target ?? ''), requestId };
      log.error({ ...request, err: error }, 'something went wrong');
    },
    onRefused({ scheme, reason, account, address }) {
      const who = account !== undefined && { identity: printable(account) };
      log.warn({ scheme, reason, ...who, ...(address !== undefined && { remoteAddress: address }) }, 'refusing login');
    },
  };
}

/**
 * 404 is no trouble: a client asks for what may not be there before it pushes, and to learn what a registry can do.
 * Nor is 401: docker and containerd send credentials only once they were asked for them.
 */
function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status >= 500) return 'error';
  return status >= 400 && status !== 404 && status !== 401 ? 'warn' : 'info';
}

function messageOf({ kind, method, status, target, reference, complete }: ResponseEvent): string {
  const subject = SUBJECTS[kind];
  if (status >= 500) return `failing at ${subject}`;
  if (status === 401) return `asking for a login`;
  if (status === 404) return `not finding ${subject}`;
  // Of a request that was cut, nothing was refused: a push goes on from where it was.
  if (status >= 400) return `${complete ? 'refusing' : 'breaking off'} ${subject}`;
  if (method === 'OPTIONS') return `explaining ${subject}`;
  if (kind === 'upload') return uploadMessage(method, status, target);
  if (method === 'DELETE')
    return `deleting ${kind === 'manifest' && reference?.includes(':') === false ? 'tag' : subject}`;
  if (method === 'PUT') return `accepting ${subject}`;
  return kind === 'base' ? `acknowledging ${subject}` : `serving ${subject}`;
}

/** The steps of a push. A POST ends it where it brings the whole blob, or mounts one that is there. */
function uploadMessage(method: string, status: number, target: string): string {
  switch (method) {
    case 'POST':
      if (status !== 201) return 'opening upload';
      return /[?&]mount=/.test(target) ? 'mounting blob' : 'receiving blob';
    case 'PATCH':
      return 'receiving blob';
    case 'PUT':
      return 'sealing blob';
    case 'DELETE':
      return 'cancelling upload';
    default:
      return 'telling of upload';
  }
}
