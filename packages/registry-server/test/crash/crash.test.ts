/**
 * Kills a registry again and again while clients push, delete and resume and garbage is collected, and holds what it
 * shows after each restart against what it has acknowledged. `npm run crash -- --kills 200 --seed 7` says how often, and
 * with which choices; the moments at which the system lets the processes run are nobody's choice.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashRun } from './crash-run.js';
import { bundleServer } from './server-process.js';

const DEFAULT_KILLS = 40;
const kills = Number(process.env.CRASH_KILLS ?? DEFAULT_KILLS);
const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 32));

/** From one kill to the next, audit and all. */
const MOST_TIME_MS = 30_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe(`a registry that is killed ${kills} times, with seed ${seed}`, () => {
  it('has what it acknowledged, shows nothing in part, and goes on with uploads', {
    timeout: kills * MOST_TIME_MS,
  }, async () => {
    console.log(`npm run crash -- --kills ${kills} --seed ${seed}`);
    const program = await bundleServer(join(folder, 'program'));
    const run = new CrashRun({ program, directory: join(folder, 'registry'), seed });
    let killed = 0;
    try {
      for (; killed < kills; killed++) await run.kill();
      const count = await run.finish();
      const done = run.expected.history.filter((event) => event.startsWith('done'));
      console.log(`seed ${seed}: ${killed} kills, ${done.length} changes acknowledged, ${JSON.stringify(count)}`);
      expect(count.manifests).toBeGreaterThan(0);
    } catch (error) {
      const evidence = run.eventsAbout(String(error)).join('\n');
      throw new Error(`seed ${seed}, after ${killed} kills. ${error}\n${evidence}`, { cause: error });
    }
  });
});
