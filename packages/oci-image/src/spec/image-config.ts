/**
 * Image configuration: how a container is run, and which layers it is made of. The image ID is the digest of these bytes.
 * Sources: image-spec v1.1, config.md; fields that only Docker writes are from its "Image JSON" (image/spec v1.2).
 */
import * as z from 'zod';
import { annotationsSchema } from './annotations.js';
import { digestSchema } from './digest.js';
import { optional, wireObject } from './wire-object.js';

/** RFC 3339, section 5.6, with any number of decimals; Docker writes nine, and the year 1 for a time it does not know. */
const timeSchema = z.iso.datetime({ offset: true });

/** A set of strings, as Go writes a map from string to an empty struct: `{"8080/tcp": {}}`. */
const keySetSchema = z.record(
  z.string(),
  z
    .looseObject({})
    .nullable()
    .transform((value) => value ?? {}),
);

const healthcheckSchema = wireObject({
  /** Empty: inherited. Otherwise `NONE`, `CMD` and arguments, or `CMD-SHELL` and one command. */
  Test: optional(z.array(z.string())),
  // Times are in nanoseconds; 0 is inherited.
  Interval: optional(z.number()),
  Timeout: optional(z.number()),
  StartPeriod: optional(z.number()),
  StartInterval: optional(z.number()),
  Retries: optional(z.number()),
});
export type Healthcheck = z.infer<typeof healthcheckSchema>;

const containerConfigSchema = wireObject({
  /** `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid`. */
  User: optional(z.string()),
  /** Keys are `port`, `port/tcp` or `port/udp`. */
  ExposedPorts: optional(keySetSchema),
  /** `NAME=value` each. */
  Env: optional(z.array(z.string())),
  Entrypoint: optional(z.array(z.string())),
  Cmd: optional(z.array(z.string())),
  /** Keys are paths. */
  Volumes: optional(keySetSchema),
  WorkingDir: optional(z.string()),
  Labels: optional(annotationsSchema),
  /** `SIGTERM`, `SIGRTMIN+3`, or a number. */
  StopSignal: optional(z.string()),
  /** Windows: the one string in `Entrypoint` or `Cmd` is a whole command line. Deprecated. */
  ArgsEscaped: optional(z.boolean()),
  // Reserved by OCI for compatibility; `Healthcheck` works in Docker and podman.
  Memory: optional(z.number()),
  MemorySwap: optional(z.number()),
  CpuShares: optional(z.number()),
  Healthcheck: optional(healthcheckSchema),
  // Docker alone.
  OnBuild: optional(z.array(z.string())),
  Shell: optional(z.array(z.string())),
  /** Seconds. */
  StopTimeout: optional(z.number()),
});
export type ContainerConfig = z.infer<typeof containerConfigSchema>;

const historyEntrySchema = wireObject({
  created: optional(timeSchema),
  author: optional(z.string()),
  created_by: optional(z.string()),
  comment: optional(z.string()),
  /** Whether the step left no layer: entries without it stand for `rootfs.diff_ids`, in order. */
  empty_layer: optional(z.boolean()),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

const rootfsSchema = wireObject({
  type: z.literal('layers'),
  /**
   * Digests of the uncompressed tars, lowest layer first: compressing a layer anew leaves them as they are.
   * Docker leaves the field out of an image without layers.
   */
  diff_ids: optional(z.array(digestSchema)).transform((digests) => digests ?? []),
});

export const imageConfigSchema = wireObject({
  created: optional(timeSchema),
  author: optional(z.string()),
  architecture: z.string(),
  os: z.string(),
  'os.version': optional(z.string()),
  'os.features': optional(z.array(z.string())),
  variant: optional(z.string()),
  config: optional(containerConfigSchema),
  rootfs: rootfsSchema,
  history: optional(z.array(historyEntrySchema)),
});
export type ImageConfig = z.infer<typeof imageConfigSchema>;
