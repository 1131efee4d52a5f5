import { isUint8Array } from 'node:util/types';
import { OciError } from '../errors.js';

/**
 * A Node.js stream that was given an encoding yields text, and its type does not tell. Text has a `length`, and so would
 * pass for as many bytes, all of them zero once they are copied.
 *
 * @param source - for the message: `the content of "a"`.
 * @throws {OciError} `ARGUMENT_INVALID`
 */
export function checkChunk(chunk: Uint8Array, source: string): void {
  if (isUint8Array(chunk)) return;
  throw new OciError(
    'ARGUMENT_INVALID',
    `${source} yields a value of type ${typeof chunk}, expected bytes: chunks of Uint8Array, from a stream without an encoding`,
  );
}
