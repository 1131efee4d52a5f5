import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.js';

import { RunError, run } from './run.js';

/** The folder of the repository. */
export const root = new URL('../../', import.meta.url);

/**
 * What every command at the root is: install and build what is not up to date, then do the work.
 * Where a command that it runs fails, the exit status is that command's. Where the bootstrap fails, that command's output is
 * shown first, and one line last that says what to do.
 *
 * @param {readonly import('./bootstrap.js').Step[]} steps
 * @param {() => Promise<void>} [work]
 */
export async function bootstrapped(steps, work) {
  try {
    await bootstrap(fileURLToPath(root), steps);
    await work?.();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    process.exitCode = error.exitStatus;
    if (error.output !== undefined) console.error(`${error.output}\n${error.message}`);
  }
}

/**
 * Runs the command of a development dependency in this terminal, from the folder of the repository.
 *
 * @param {string} name
 * @param {readonly string[]} args
 * @throws {RunError} It ended with another exit status than 0.
 */
export function runTool(name, args) {
  const command = fileURLToPath(new URL(`node_modules/.bin/${name}`, root));
  return run(command, args, { cwd: fileURLToPath(root), inherit: true });
}
