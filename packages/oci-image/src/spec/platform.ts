/**
 * Platforms: which machine an image runs on.
 * Sources: image-spec v1.1, image-index.md, "platform" and "Platform Variants"; the spellings of other tools are
 * those of `uname -m` and Debian.
 */
import * as z from 'zod';
import { InvalidValueError } from '../errors.js';
import { optional, wireObject } from './wire-object.js';

export const platformSchema = wireObject({
  architecture: z.string(),
  os: z.string(),
  'os.version': optional(z.string()),
  'os.features': optional(z.array(z.string())),
  variant: optional(z.string()),
  features: optional(z.array(z.string())), // reserved by OCI; manifest lists carry CPU features in it
});
export type Platform = z.infer<typeof platformSchema>;

/** `os/architecture`, then `/variant`; the version of the system in brackets behind its name, as containerd has it. */
const PLATFORM_PATTERN = /^([\w.-]+)(?:\(([\w.-]+)\))?\/([\w.-]+)(?:\/([\w.-]+))?$/;

const EXPECTED_PLATFORM = 'a platform: os/architecture or os/architecture/variant, such as linux/arm64/v8';

/**
 * Reads `linux/amd64`, `linux/arm64/v8` and `windows(10.0.17763.1)/amd64`. Spellings stay as they are: see
 * {@link normalizePlatform}.
 *
 * @throws {InvalidValueError} `PLATFORM_INVALID`; also for a system or an architecture alone, because the other half
 *   would have to be guessed from this machine.
 */
export function parsePlatform(text: string): Platform {
  const [, os, version, architecture, variant] = PLATFORM_PATTERN.exec(text) ?? [];
  if (os === undefined || architecture === undefined) {
    throw new InvalidValueError('PLATFORM_INVALID', text, EXPECTED_PLATFORM);
  }
  return {
    architecture,
    os,
    ...(version !== undefined && { 'os.version': version }),
    ...(variant !== undefined && { variant }),
  };
}

/** The inverse of {@link parsePlatform}. Features have no place in this notation. */
export function formatPlatform(platform: Platform): string {
  const version = platform['os.version'] ? `(${platform['os.version']})` : '';
  const variant = platform.variant ? `/${platform.variant}` : '';
  return `${platform.os}${version}/${platform.architecture}${variant}`;
}

const OS_NAMES: Readonly<Record<string, string>> = { macos: 'darwin' };

/** Go's names (GOARCH) for what others call differently; a name that implies a variant brings it along. */
const ARCHITECTURES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  x64: { architecture: 'amd64' },
  i386: { architecture: '386' },
  i686: { architecture: '386' },
  x86: { architecture: '386' },
  ia32: { architecture: '386' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armv7l: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
  armv6l: { architecture: 'arm', variant: 'v6' },
  ppc64el: { architecture: 'ppc64le' },
  loongarch64: { architecture: 'loong64' },
};

/** What a missing variant means; amd64's baseline, `v1`, goes the other way and is left out. */
const IMPLIED_VARIANTS: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7' };

/**
 * One spelling for each platform: Go's names in lower case, `arm64` with its variant `v8`, `arm` with `v7` unless it
 * says otherwise, `amd64` without `v1`.
 *
 * @param platform - text as {@link parsePlatform} reads it, or the parsed form.
 * @throws {InvalidValueError} `PLATFORM_INVALID`
 */
export function normalizePlatform(platform: Platform | string): Platform {
  const parsed: Partial<Platform> | undefined = typeof platform === 'string' ? parsePlatform(platform) : platform;
  const { os, architecture, variant, ...rest } = parsed ?? {};
  if (typeof os !== 'string' || typeof architecture !== 'string') {
    throw new InvalidValueError('PLATFORM_INVALID', platform, EXPECTED_PLATFORM);
  }
  const lowerOs = os.toLowerCase();
  const lowerArchitecture = architecture.toLowerCase();
  const known = Object.hasOwn(ARCHITECTURES, lowerArchitecture) ? ARCHITECTURES[lowerArchitecture] : undefined;
  const name = known?.architecture ?? lowerArchitecture;
  const normalVariant = normalizeVariant(name, variant?.toLowerCase() || known?.variant);
  return {
    ...rest,
    architecture: name,
    os: (Object.hasOwn(OS_NAMES, lowerOs) ? OS_NAMES[lowerOs] : undefined) ?? lowerOs,
    ...(normalVariant !== undefined && { variant: normalVariant }),
  };
}

function normalizeVariant(architecture: string, variant: string | undefined): string | undefined {
  if (variant === undefined)
    return Object.hasOwn(IMPLIED_VARIANTS, architecture) ? IMPLIED_VARIANTS[architecture] : undefined;
  const named = /^\d/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'amd64' && named === 'v1') return undefined;
  if (architecture === 'arm64' && named === 'v8.0') return 'v8';
  return named;
}

/** Whether both mean the same machine, however they are spelled. The order of features does not count. */
export function platformsEqual(a: Platform, b: Platform): boolean {
  return identity(a) === identity(b);
}

function identity(platform: Platform): string {
  const { os, architecture, variant, ...rest } = normalizePlatform(platform);
  const features = [rest['os.features'], rest.features].map((list) => [...new Set(list)].sort());
  return JSON.stringify([os, rest['os.version'] ?? '', architecture, variant ?? '', features]);
}
