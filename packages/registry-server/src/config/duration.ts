const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** About 24 days: a timer of Node.js that is set to more fires at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1;

export const DURATION_FORM = 'a duration up to 24d: a whole number and its unit, such as 30s, 15m, 1h or 7d';

/** Milliseconds of `90s`, `1h`, `7d`; `undefined` for anything else, and for more than {@link MAX_DURATION_MS}. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
  return milliseconds <= MAX_DURATION_MS ? milliseconds : undefined;
}
