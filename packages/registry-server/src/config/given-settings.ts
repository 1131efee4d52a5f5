import { FLAGS, flagName, flagValue } from './flags.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags by their names, as typed: `{ '--port': '80', '--read-only': true, '--cors-origin': ['*'] }`. */
export type GivenFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** A setting that was given outside of a file. */
export interface GivenSetting {
  /** What it was given by: `--port`, `PORT`. */
  readonly source: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * What flags and the environment say; a flag wins over its variable.
 * A variable that is set to nothing is given: it is more likely a mistake in a script than a wish for the default.
 */
export function listGiven(flags: GivenFlags, env: Environment): GivenSetting[] {
  return FLAGS.flatMap((flag): GivenSetting[] => {
    const path = flag.path.split('.');
    const name = flagName(flag);
    const typed = flags[name];
    if (typed !== undefined) {
      const value = flag.value ?? (typeof typed === 'string' ? flagValue(flag, typed) : typed);
      return [{ source: name, path, value }];
    }
    const text = flag.variable === undefined ? undefined : env[flag.variable];
    if (flag.variable === undefined || text === undefined) return [];
    return [{ source: flag.variable, path, value: flagValue(flag, text) }];
  });
}
