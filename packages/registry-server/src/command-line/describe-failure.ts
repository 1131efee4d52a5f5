import { OciError } from '@quinistry/oci-image';
import { CommanderError } from 'commander';
import { ConfigurationError } from '../config/configuration-error.js';
import { printable } from '../log/printable.js';
import { OutputError } from '../log/write-output.js';
import { ListenError } from '../node-server.js';
import { StorageError } from '../storage/storage-error.js';
import { EXIT_STATUS } from './exit-status.js';
import { UsageError } from './usage-error.js';

/** Longest message of a failure; it may name two paths. */
const MAX_MESSAGE_CHARACTERS = 2000;

export interface Failure {
  /** Without their ends; one as a rule, that says what was wrong and what can be done. */
  readonly lines: readonly string[];
  readonly status: number;
}

/** What the user is told of an error. A stack helps those only who can change the code, so it is not part of it. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError || error instanceof CommanderError) {
    return failure(`${withoutPrefix(error.message)}; see quinistry --help`, EXIT_STATUS.usage);
  }
  if (error instanceof ConfigurationError) {
    const problems = error.problems.map((problem) => describeLine(problem));
    return { lines: [...problems.slice(0, -1), `${problems.at(-1)}; see quinistry --help`], status: EXIT_STATUS.usage };
  }
  if (error instanceof ListenError) {
    const advice = error.code === 'EADDRINUSE' ? '; choose another with --port, or let --port 0 find one' : '';
    return failure(`${error.message}${advice}`, EXIT_STATUS.failure);
  }
  if (error instanceof OciError || error instanceof StorageError || error instanceof OutputError) {
    return failure(error.message, EXIT_STATUS.failure);
  }
  const message = error instanceof Error ? error.message || error.name : String(error);
  return failure(`unexpected failure: ${message}; QUINISTRY_DEBUG=1 shows where`, EXIT_STATUS.failure);
}

function failure(message: string, status: number): Failure {
  return { lines: [describeLine(message)], status };
}

function describeLine(message: string): string {
  const oneLine = message.trim().replace(/\s*\n\s*/g, ' ');
  return `quinistry: ${printable(oneLine, MAX_MESSAGE_CHARACTERS)}`;
}

/** commander's messages end in a full stop at times, and begin with `error:`. */
function withoutPrefix(message: string): string {
  return message.replace(/^error: /, '').replace(/\.$/, '');
}
