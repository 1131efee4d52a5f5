import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { CommandRun } from './command-run.js';

export type CommandRunContext = ConstructorParameters<typeof CommandRun>[1];

export interface ServedCommands {
  /** A folder of its own for each test. */
  readonly folder: string;
  /** Starts a server, and waits until it listens. It is stopped after the test. */
  serve(args: readonly string[], context?: CommandRunContext): Promise<{ run: CommandRun; url: string }>;
  writeText(name: string, content: string): Promise<string>;
}

/** Servers for the tests of a file, by the command in this process. */
export function serveCommands(): ServedCommands {
  let folder = '';
  const running: CommandRun[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quinistry-serve-'));
  });

  afterEach(async () => {
    for (const run of running.splice(0)) {
      run.kill('SIGTERM');
      await run.status;
    }
    await rm(folder, { recursive: true });
  });

  return {
    get folder() {
      return folder;
    },
    async serve(args, context = {}) {
      const run = new CommandRun(['serve', '--port', '0', ...args], context);
      running.push(run);
      const listening = await recordOf(run, 'listening');
      return { run, url: String(listening.url) };
    },
    async writeText(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
  };
}

/** Waits for a line of the log, and gives it. */
export function recordOf(run: CommandRun, message: string): Promise<Record<string, unknown>> {
  return vi.waitFor(() => {
    const record = run.records.find(({ msg }) => msg === message);
    if (record === undefined) throw new Error(`it does not tell of "${message}": ${run.stdout}${run.stderr}`);
    return record;
  });
}
