import type { Output } from './output.js';

/** What was asked for could not be handed over: the disk is full, for one. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Writes what a command was asked for, and waits until it is out.
 *
 * @throws {OutputError} where it cannot be written. A reader that has left wanted no more, so that is no failure.
 */
export function writeOutput(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => {
      if (!error || ('code' in error && error.code === 'EPIPE')) resolve();
      else reject(new OutputError(`cannot write to standard output: ${error.message}`, { cause: error }));
    });
  });
}
