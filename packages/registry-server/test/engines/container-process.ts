import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, Engine, RunImageOptions } from './engine.js';
import { servesImage } from './quine-server.js';

const SERVE_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 100;

/**
 * Runs an image of the quine and waits until it serves itself.
 *
 * @throws {Error} with what the container printed, where it takes too long.
 */
export async function runUntilServing(engine: Engine, reference: string, options: RunImageOptions): Promise<Container> {
  const container = await engine.run(reference, options);
  for (const started = performance.now(); performance.now() - started < SERVE_TIMEOUT_MS; ) {
    if (await servesImage(options.port)) return container;
    await delay(POLL_INTERVAL_MS);
  }
  throw new Error(`${reference} serves nothing on port ${options.port}:\n${await container.readOutput()}`);
}

/** The fields of `/proc/<pid>/status`, with single spaces between numbers. See proc_pid_status(5). */
export async function readProcessStatus(pid: number): Promise<Record<string, string>> {
  const lines = (await readFile(`/proc/${pid}/status`, 'utf8')).trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [field = '', ...values] = line.split(/:?\s+/);
      return [field, values.join(' ')];
    }),
  );
}

/** How the root file system of a process is mounted: `['ro', 'relatime']`. See proc_pid_mountinfo(5). */
export async function readRootMountOptions(pid: number): Promise<readonly string[]> {
  const mounts = (await readFile(`/proc/${pid}/mountinfo`, 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts.find(([, , , , mountPoint]) => mountPoint === '/')?.[5]?.split(',') ?? [];
}
