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
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** An engine that was killed leaves its mounts; the last one mounted has to go first. */
async function unmountBelow(folder: string): Promise<void> {
  const mountPoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mountPoints.reverse()) await run('umount', ['--lazy', path]);
}
