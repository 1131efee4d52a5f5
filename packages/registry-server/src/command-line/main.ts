/** The entry of the bundle: gives the command line the real world, and ends the process with its exit status. */
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { startServer } from '../node-server.js';
import { buildQuine } from '../quine/build-quine.js';
import { buildQuineApart, isQuineProcess, runQuineProcess } from '../quine/quine-process.js';
import { describeFailure } from './describe-failure.js';
import { runCommandLine } from './run-command-line.js';

// What clients send comes in pieces of 64 KB. Were their memory freed by other threads, as V8 does by itself, a push would
// take half as much processor time again, and the process more memory.
setFlagsFromString('--no-concurrent-array-buffer-sweeping');

if (isQuineProcess()) {
  await runQuineProcess();
} else {
  await main();
}

async function main(): Promise<never> {
  const { stdout, stderr } = process;

  // A reader that has left, as in `quinistry digest | true`, is no failure; and with standard error gone nobody could be told.
  for (const output of [stdout, stderr]) output.on('error', () => {});

  process.on('uncaughtException', (error) => {
    const { lines, status } = describeFailure(error);
    for (const line of lines) stderr.write(`${line}\n`);
    if (process.env.QUINISTRY_DEBUG) console.error(error);
    process.exit(status);
  });

  const status = await runCommandLine(process.argv.slice(2), {
    stdout,
    stderr,
    env: process.env,
    signals: process,
    application: fileURLToPath(import.meta.url),
    buildQuine,
    buildQuineApart,
    startServer,
  });

  // Not by running out of work: a client that reads slowly, or a build nobody waits for any more, would hold the process.
  process.exit(status);
}
