/**
 * All settings of a server. This schema is what a configuration file is held against, what the flags lead into, and
 * what docs/configuration.md is tested with; `describe` is what `--help` and the document say of a setting.
 */
import * as z from 'zod';
import { accessOptionsSchema } from '../access/access-options.js';
import { LOG_LEVELS } from '../log/create-log.js';
import {
  address,
  addressRange,
  byteSize,
  choice,
  count,
  duration,
  host,
  origin,
  path,
  port,
  storage,
  switchedOn,
  tagPattern,
  webhookUrl,
} from './setting-types.js';

const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;

const serverSchema = z.strictObject({
  host: host().prefault('127.0.0.1').describe('where to listen'),
  port: port().prefault(8080).describe('port to listen on; 0 takes a free one'),
  allowAnonymousPush: switchedOn()
    .prefault(false)
    .describe('listen beyond loopback though whoever gets there may push without a login'),
  idleTimeout: duration().prefault('60s').describe('cut a connection that moves no byte for this long'),
  trustedProxies: z
    .array(addressRange(), { error: 'a list of addresses and ranges of addresses' })
    .prefault([])
    .describe(
      'proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, or ranges such as 10.0.0.0/8',
    ),
  tls: z
    .strictObject({
      certificate: path().describe('certificate chain in PEM form; with it, the server speaks https'),
      key: path().describe('private key of the certificate in PEM form'),
    })
    .optional(),
});

const policySchema = z.strictObject({
  readOnly: switchedOn().prefault(false).describe('refuse pushes and deletes'),
  deletes: switchedOn().prefault(true).describe('let tags, manifests and blobs be deleted'),
  immutableTags: z
    .array(tagPattern(), { error: 'a list of patterns of tags' })
    .prefault([])
    .describe('tags that never change once they are there: v*, or team/*:v*'),
  sparse: switchedOn().prefault(false).describe('take manifests whose content is not all there'),
  limits: z
    .strictObject({
      maxManifestSize: byteSize().prefault('4MiB').describe('largest manifest that is taken'),
      maxBlobSize: byteSize().optional().describe('largest blob that is taken'),
      maxUploads: count().prefault(10_000).describe('uploads open at once'),
      maxUploadsPerClient: count()
        .prefault(1000)
        .describe('of these, by one client: an account, or an address without a login'),
      maxRepositorySize: byteSize()
        .optional()
        .describe('most bytes that one repository may hold, those of its open uploads included'),
    })
    .prefault({}),
});

const operationsSchema = z.strictObject({
  metrics: address().optional().describe('where to answer /metrics for Prometheus: an address and a port'),
  webhook: z
    .strictObject({
      url: webhookUrl().describe('where to send a notification of each push and delete'),
      secretFile: path().optional().describe('file with the secret that notifications are signed with'),
    })
    .optional(),
});

export const configurationSchema = z.strictObject({
  server: serverSchema.prefault({}),
  storage: storage().prefault('none').describe('where to keep what is pushed: none, memory or a directory'),
  access: accessOptionsSchema.optional(),
  policy: policySchema.prefault({}),
  garbageCollection: z
    .strictObject({
      interval: duration().prefault('6h').describe('how often to remove what nothing refers to; 0s: never'),
      grace: duration().prefault('1h').describe('how long such content stays after it was last written or asked for'),
      untagged: switchedOn().prefault(false).describe('remove manifests that no tag, index or referrer holds as well'),
    })
    .prefault({}),
  cors: z
    .strictObject({
      origins: z
        .array(origin(), { error: 'a list of origins' })
        .prefault([])
        .describe('origins whose scripts may use the registry from a browser; * is every origin'),
    })
    .prefault({}),
  log: z
    .strictObject({
      format: choice(LOG_FORMATS)
        .prefault('auto')
        .describe('auto, pretty or json; auto is pretty on a terminal, else json'),
      level: choice(LOG_LEVELS)
        .prefault('info')
        .describe(`the least that is told: ${LOG_LEVELS.join(', ')}`),
    })
    .prefault({}),
  operations: operationsSchema.prefault({}),
});

export type Configuration = z.output<typeof configurationSchema>;
