/**
 * What a machine may lack, and a test may need: other programs as judges, root, a container engine.
 * Where something is missing the tests are skipped, and their title says why.
 * With `QUINISTRY_REQUIRE_ALL=1` a missing judge fails the run instead: for machines that are meant to have all of them.
 */
import { spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';

/** A program that does not answer within this time counts as missing. */
const PROBE_TIMEOUT_MS = 20_000;

export interface Judge {
  /** As it appears in titles: `GNU tar`, `root`. */
  readonly name: string;
  readonly isAvailable: boolean;
}

/** @param isAvailable - asked once, now; throwing counts as no. */
export function judge(name: string, isAvailable: () => boolean): Judge {
  try {
    return { name, isAvailable: isAvailable() };
  } catch {
    return { name, isAvailable: false };
  }
}

/** A program that is there if it runs with `args` and exits with 0, and prints what `output` matches. */
export function command(file: string, args: readonly string[] = ['--version'], output = /(?:)/): Judge {
  return judge(file, () => {
    const run = spawnSync(file, args, { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS });
    return run.status === 0 && output.test(run.stdout);
  });
}

export const root: Judge = judge('root', () => process.getuid?.() === 0);

/**
 * `describe` for tests that need all of `judges`.
 *
 * @example describeWith([bsdtar, root], 'bsdtar', () => { it('extracts …', …) })
 */
export function describeWith(judges: readonly Judge[], title: string, body: () => void): void {
  const missing = judges.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `this machine lacks ${missing.join(' and ')}`;
  if (process.env.QUINISTRY_REQUIRE_ALL === '1') {
    describe(title, () => {
      it('has every judge that it needs', () => {
        throw new Error(`${reason}, and QUINISTRY_REQUIRE_ALL=1 asks for it`);
      });
    });
    return;
  }
  describe.skip(`${title} (skipped: ${reason})`, body);
}
