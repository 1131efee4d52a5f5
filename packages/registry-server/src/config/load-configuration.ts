import { type Configuration, configurationSchema } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import type { ConfigurationFile } from './configuration-file.js';
import { describeIssue } from './describe-issue.js';
import { type Environment, type GivenFlags, listGiven } from './given-settings.js';

export interface ConfigurationSources {
  readonly flags: GivenFlags;
  readonly env: Environment;
  readonly file?: ConfigurationFile | undefined;
}

/**
 * Puts the settings together: a flag wins over an environment variable, that over the file, and the file over the default.
 *
 * @throws {ConfigurationError} that names each setting that makes no sense.
 */
export function loadConfiguration({ flags, env, file }: ConfigurationSources): Configuration {
  const given = listGiven(flags, env);
  const value = given.reduce<unknown>((all, { path, value }) => withSetting(all, path, value), file?.value ?? {});
  // It is done once: the schema is not worth being compiled.
  const result = configurationSchema.safeParse(value, { jitless: true });
  if (result.success) return result.data;
  throw new ConfigurationError(result.error.issues.flatMap((issue) => describeIssue(issue, { value, given, file })));
}

/** What is no section stays as it is, for the schema to refuse. */
function withSetting(settings: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const isSection =
    settings === undefined || (typeof settings === 'object' && settings !== null && !Array.isArray(settings));
  if (!isSection) return settings;
  const section = { ...settings } as Record<string, unknown>;
  return { ...section, [key]: withSetting(section[key], rest, value) };
}
