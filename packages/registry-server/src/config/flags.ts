/** The flags of `quinistry serve`: another way to give settings, which wins over the file. */

import { ANONYMOUS_PULL } from '../access/access-rule.js';

/** What stands behind a flag on the command line, and what it leads to in a configuration file. */
export interface Flag {
  /** As commander declares it: `--port <number>`. */
  readonly declaration: string;
  /** The setting's place in a configuration file. */
  readonly path: string;
  /** An environment variable that gives the setting where the flag does not. */
  readonly variable?: string | undefined;
  /** `list`: may be given several times. A flag without an argument stands for `value`. */
  readonly reads?: 'number' | 'list' | undefined;
  readonly value?: unknown;
  /** What it does, where that is not what the setting does. */
  readonly description?: string | undefined;
}

export const FLAGS: readonly Flag[] = [
  { declaration: '--host <address>', path: 'server.host', variable: 'HOST' },
  { declaration: '--port <number>', path: 'server.port', variable: 'PORT', reads: 'number' },
  { declaration: '--storage <where>', path: 'storage' },
  { declaration: '--tls-certificate <file>', path: 'server.tls.certificate' },
  { declaration: '--tls-key <file>', path: 'server.tls.key' },
  { declaration: '--idle-timeout <duration>', path: 'server.idleTimeout' },
  { declaration: '--trusted-proxy <address>', path: 'server.trustedProxies', reads: 'list' },
  {
    declaration: '--htpasswd <file>',
    path: 'access.htpasswd',
    description: 'file of accounts with bcrypt hashes; without it, everybody may do everything',
  },
  {
    declaration: '--anonymous-pull',
    path: 'access.rules',
    value: ANONYMOUS_PULL,
    description: 'let everybody pull, and accounts do everything',
  },
  { declaration: '--allow-anonymous-push', path: 'server.allowAnonymousPush', value: true },
  { declaration: '--read-only', path: 'policy.readOnly', value: true },
  {
    declaration: '--no-deletes',
    path: 'policy.deletes',
    value: false,
    description: 'refuse deletes of tags, manifests and blobs',
  },
  { declaration: '--immutable-tags <pattern>', path: 'policy.immutableTags', reads: 'list' },
  { declaration: '--sparse', path: 'policy.sparse', value: true },
  { declaration: '--max-manifest-size <size>', path: 'policy.limits.maxManifestSize' },
  { declaration: '--max-blob-size <size>', path: 'policy.limits.maxBlobSize' },
  { declaration: '--max-uploads <number>', path: 'policy.limits.maxUploads', reads: 'number' },
  {
    declaration: '--max-uploads-per-client <number>',
    path: 'policy.limits.maxUploadsPerClient',
    reads: 'number',
  },
  { declaration: '--max-repository-size <size>', path: 'policy.limits.maxRepositorySize' },
  { declaration: '--gc-interval <duration>', path: 'garbageCollection.interval' },
  { declaration: '--gc-grace <duration>', path: 'garbageCollection.grace' },
  { declaration: '--gc-untagged', path: 'garbageCollection.untagged', value: true },
  { declaration: '--cors-origin <origin>', path: 'cors.origins', reads: 'list' },
  { declaration: '--metrics-address <address>', path: 'operations.metrics' },
  { declaration: '--webhook <url>', path: 'operations.webhook.url' },
  { declaration: '--webhook-secret-file <file>', path: 'operations.webhook.secretFile' },
  { declaration: '--log-format <format>', path: 'log.format' },
  { declaration: '--log-level <level>', path: 'log.level' },
];

/** `--port`, without its argument. */
export function flagName({ declaration }: Flag): string {
  return declaration.replace(/ .*/, '');
}

/** What a flag's text stands for in a file. Text that is no number goes on as it is, for the schema to refuse. */
export function flagValue({ reads }: Flag, text: string): unknown {
  return reads === 'number' && /^\d{1,15}$/.test(text) ? Number(text) : text;
}
