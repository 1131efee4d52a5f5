/** One name for a request in the answer, the log, the events and whatever stands in front of the registry. */
import { randomUUID } from 'node:crypto';

export const REQUEST_ID_HEADER = 'X-Request-Id';

/** What a proxy sends is kept if it can stand in a header and in a line of a log. */
const REQUEST_ID_PATTERN = /^[A-Za-z0-9._~:=+/-]{1,128}$/;

/** @param header - the value of X-Request-Id; `null` where there is none. */
export function requestIdOf(header: string | null): string {
  return header !== null && REQUEST_ID_PATTERN.test(header) ? header : randomUUID();
}
