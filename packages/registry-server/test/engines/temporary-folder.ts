import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.js';
import type { Scope } from './scope.js';

/** A folder that goes with its scope, whatever an engine has mounted in it. */
export async function temporaryFolder(scope: Scope, name: string): Promise<string> {
  // Short: the path of a Unix socket has room for 107 bytes, and engines put theirs deep down.
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  scope.defer(async () => {
    await unmount(folder);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * A temporary folder in memory, for the store of an engine. Where the tests themselves run in a container, its disk is
 * an overlay, and the overlays of an engine do not go on top of that.
 */
export async function memoryFolder(scope: Scope, name: string): Promise<string> {
  const folder = await temporaryFolder(scope, name);
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', folder]);
  return folder;
}

/** What is mounted on a folder and below. An engine that was killed leaves its mounts; the last one has to go first. */
async function unmount(folder: string): Promise<void> {
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path === folder || path.startsWith(`${folder}/`));
  for (const path of mountPoints.reverse()) await run('umount', ['--lazy', path]);
}
