import type { Command } from 'commander';
import { demandLoginForPush } from '../config/anonymous-push.js';
import type { Configuration } from '../config/configuration.js';
import type { ConfigurationFile } from '../config/configuration-file.js';
import type { Environment } from '../config/given-settings.js';
import { loadConfiguration } from '../config/load-configuration.js';
import { givenFlags } from './serve-command.js';

/** @throws {ConfigurationError} for settings that make no sense, and for a registry that strangers could push to. */
export async function loadServeConfiguration(command: Command, env: Environment): Promise<Configuration> {
  const { config } = command.opts<{ readonly config?: string }>();
  const file = config === undefined ? undefined : await readFile(config);
  const configuration = loadConfiguration({ flags: givenFlags(command), env, file });
  demandLoginForPush(configuration);
  return configuration;
}

/** The parser is loaded where there is something to parse only. */
async function readFile(path: string): Promise<ConfigurationFile> {
  const { readConfigurationFile } = await import('../config/configuration-file.js');
  return readConfigurationFile(path);
}
