import { OciError } from '../errors.js';
import type { ContainerConfig } from '../spec/image-config.js';
import { sortKeys } from './sorted-keys.js';

/**
 * How a container is started from an image. Every field is optional, and replaces the whole field when it is set again.
 * Source: image-spec v1.1, config.md, "Properties"; Docker's health checks, build triggers and shell beside them.
 */
export interface ContainerOptions {
  /** A name or number, with a group behind a colon where wanted: `65532`, `65532:65532`, `nobody`. Names need an /etc/passwd in the image. */
  readonly user?: string | undefined;
  /** `port/protocol`: `8080/tcp`. A number stands for tcp. Documents, and publishes nothing. */
  readonly exposedPorts?: readonly (string | number)[] | undefined;
  /** In the order given; a later variable may be read before an earlier one by whoever takes the last. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  /** Absolute paths that hold data of their own. */
  readonly volumes?: readonly string[] | undefined;
  /** Absolute path. */
  readonly workingDir?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** `SIGTERM`, `SIGRTMIN+3` or a number. */
  readonly stopSignal?: string | undefined;
  readonly healthcheck?: HealthcheckOptions | undefined;
  readonly shell?: readonly string[] | undefined;
  readonly onBuild?: readonly string[] | undefined;
  /** Windows: the entrypoint is one string that is escaped already. */
  readonly argsEscaped?: boolean | undefined;
  /** How long an engine waits after the stop signal before it kills. Docker's and podman's; not in the specification of OCI. */
  readonly stopTimeoutSeconds?: number | undefined;
  /** Bytes. The specification reserves this and the next two for older engines, and gives them no meaning. */
  readonly memoryBytes?: number | undefined;
  /** Bytes of memory and swap together; -1 for as much as there is. */
  readonly memorySwapBytes?: number | undefined;
  readonly cpuShares?: number | undefined;
}

/** Not in the specification of OCI; Docker and podman keep it in the same place for both families. */
export interface HealthcheckOptions {
  /** `['NONE']`, `['CMD', program, …]` or `['CMD-SHELL', line]`. */
  readonly test: readonly string[];
  readonly intervalMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly startPeriodMs?: number | undefined;
  readonly startIntervalMs?: number | undefined;
  readonly retries?: number | undefined;
}

/** Go's durations are counted in nanoseconds. */
const NANOSECONDS_PER_MS = 1_000_000;

/**
 * The container options as they stand in an image's configuration.
 *
 * @throws {OciError} `IMAGE_INVALID` naming the field, for what an engine would refuse or misread later.
 */
export function createContainerConfig(options: ContainerOptions): ContainerConfig {
  const { user, exposedPorts, env, entrypoint, cmd, volumes, workingDir, labels, stopSignal, healthcheck } = options;
  const { shell, onBuild, argsEscaped, stopTimeoutSeconds, memoryBytes, memorySwapBytes, cpuShares } = options;
  return {
    ...(user && { User: check('user', user, /^[^:\0]+(:[^:\0]+)?$/, 'user or user:group') }),
    ...(exposedPorts && { ExposedPorts: setOf(exposedPorts.map(formatPort)) }),
    ...(env && { Env: Object.entries(env).map(formatVariable) }),
    ...(entrypoint && { Entrypoint: copyArguments('entrypoint', entrypoint) }),
    ...(cmd && { Cmd: copyArguments('cmd', cmd) }),
    ...(volumes && { Volumes: setOf(volumes.map((path) => checkAbsolute('volumes', path))) }),
    ...(workingDir && { WorkingDir: checkAbsolute('workingDir', workingDir) }),
    ...(labels && { Labels: sortKeys(labels) }),
    ...(stopSignal && {
      StopSignal: check(
        'stopSignal',
        stopSignal,
        /^(SIG[A-Z0-9]+([+-]\d+)?|\d+)$/,
        'a signal: SIGTERM, SIGRTMIN+3 or a number',
      ),
    }),
    ...(healthcheck && { Healthcheck: formatHealthcheck(healthcheck) }),
    ...(shell && { Shell: copyArguments('shell', shell) }),
    ...(onBuild && { OnBuild: copyArguments('onBuild', onBuild) }),
    ...(argsEscaped !== undefined && { ArgsEscaped: argsEscaped }),
    ...(stopTimeoutSeconds !== undefined && { StopTimeout: checkCount('stopTimeoutSeconds', stopTimeoutSeconds) }),
    ...(memoryBytes !== undefined && { Memory: checkCount('memoryBytes', memoryBytes) }),
    ...(memorySwapBytes !== undefined && { MemorySwap: checkCount('memorySwapBytes', memorySwapBytes, -1) }),
    ...(cpuShares !== undefined && { CpuShares: checkCount('cpuShares', cpuShares) }),
  };
}

/** A program is given its arguments as C strings, which a NUL would end. One string would be spread into its characters. */
function copyArguments(field: string, list: readonly string[]): string[] {
  if (!Array.isArray(list)) invalid(field, list, 'a list of arguments');
  return list.map((argument) => check(field, argument, /^[^\0]*$/, 'an argument: text without NUL'));
}

function formatPort(port: string | number): string {
  const text = typeof port === 'number' ? `${port}/tcp` : port;
  const [number = '', protocol = 'tcp'] = text.split('/');
  check('exposedPorts', text, /^\d+(\/(tcp|udp|sctp))?$/, 'a port from 1 to 65535, with /tcp, /udp or /sctp');
  if (Number(number) < 1 || Number(number) > 65_535) invalid('exposedPorts', text, 'a port from 1 to 65535');
  return `${Number(number)}/${protocol}`;
}

function formatVariable([name, value]: [string, string]): string {
  check('env', name, /^[^=\0]+$/, 'the name of a variable: not empty, no "=" in it');
  return `${name}=${check('env', value, /^[^\0]*$/, 'a value without NUL')}`;
}

function formatHealthcheck(options: HealthcheckOptions): ContainerConfig['Healthcheck'] {
  const { test, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = options;
  const words = copyArguments('healthcheck.test', test);
  if (!['NONE', 'CMD', 'CMD-SHELL'].includes(words[0] ?? '')) {
    invalid('healthcheck.test', words, 'a list that starts with NONE, CMD or CMD-SHELL');
  }
  return {
    Test: words,
    ...(intervalMs !== undefined && { Interval: toNanoseconds('intervalMs', intervalMs) }),
    ...(timeoutMs !== undefined && { Timeout: toNanoseconds('timeoutMs', timeoutMs) }),
    ...(startPeriodMs !== undefined && { StartPeriod: toNanoseconds('startPeriodMs', startPeriodMs) }),
    ...(startIntervalMs !== undefined && { StartInterval: toNanoseconds('startIntervalMs', startIntervalMs) }),
    ...(retries !== undefined && { Retries: checkCount('healthcheck.retries', retries) }),
  };
}

/** Go reads durations and counts into integers: one fraction, and Docker refuses the whole config. */
function toNanoseconds(field: string, ms: number): number {
  const nanoseconds = Math.round(ms * NANOSECONDS_PER_MS);
  // Shorter ones are refused by Docker when a container is created; 0 leaves the time to the engine.
  const isLongEnough = nanoseconds === 0 || nanoseconds >= NANOSECONDS_PER_MS;
  if (Number.isSafeInteger(nanoseconds) && isLongEnough) return nanoseconds;
  return invalid(`healthcheck.${field}`, ms, 'a time in milliseconds: 0, or 1 and more');
}

function checkCount(field: string, count: number, least = 0): number {
  if (Number.isSafeInteger(count) && count >= least) return count;
  return invalid(field, count, `a whole number from ${least}`);
}

function checkAbsolute(field: string, path: string): string {
  // Windows images name their folders from a drive letter.
  return check(field, path, /^(\/|[A-Za-z]:[\\/])[^\0]*$/, 'an absolute path');
}

function check(field: string, value: string, pattern: RegExp, expected: string): string {
  // A variable of the environment that is not set would pass for the text "undefined".
  return typeof value === 'string' && pattern.test(value) ? value : invalid(field, value, expected);
}

function invalid(field: string, value: unknown, expected: string): never {
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value); // JSON has no NaN
  throw new OciError('IMAGE_INVALID', `${field}: ${shown} is not ${expected}`);
}

/** Go writes a set as a map to empty objects. */
function setOf(names: readonly string[]): Record<string, Record<string, never>> {
  return sortKeys(Object.fromEntries(names.map((name) => [name, {}])));
}
