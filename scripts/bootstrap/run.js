import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A command that ended badly. */
export class RunError extends Error {
  /**
   * @param {string} message
   * @param {number} exitStatus what this process should end with
   * @param {string} [output] what the command printed, unless that has been seen
   */
  constructor(message, exitStatus, output) {
    super(message);
    this.name = 'RunError';
    this.exitStatus = exitStatus;
    this.output = output;
  }
}

/**
 * Runs a command to its end. What it prints is kept for the case that it fails, unless it inherits this terminal.
 * While it runs, SIGINT and SIGTERM go to it, and come back as a `RunError`: so whoever waits can clean up on the way out.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, inherit?: boolean }} options
 * @returns {Promise<void>}
 * @throws {RunError} Not found, ended by a signal, or an exit status other than 0.
 */
export function run(command, args, { cwd, inherit = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32', // where npx is a batch file
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));

    /** @type {NodeJS.Signals | undefined} */
    let stoppedBy;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);

    /** @param {RunError} [error] */
    const finish = (error) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (error === undefined) resolve();
      else reject(error);
    };
    child.on('error', (error) => finish(new RunError(error.message, 1, '')));
    child.on('close', (status, signal) => {
      const output = inherit ? undefined : Buffer.concat(chunks).toString();
      if (stoppedBy !== undefined) finish(new RunError(`stopped by ${stoppedBy}`, 128 + constants.signals[stoppedBy]));
      else if (signal !== null) finish(new RunError(`stopped by ${signal}`, 128 + constants.signals[signal], output));
      else finish(status === 0 ? undefined : new RunError(`exit status ${status}`, status ?? 1, output));
    });
  });
}
