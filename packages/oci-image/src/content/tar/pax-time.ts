/** Times in extended headers: seconds since 1970 as a decimal fraction, with a sign before 1970. */

/** Linux keeps nanoseconds; GNU tar and Go cut what is finer. */
const FRACTION_DIGITS = 9;

/**
 * The shortest decimal that reads back as `seconds`, to the nanosecond: `1.5`, `-0.25`, `1700000000.123456`.
 *
 * @param seconds - at most 2^53 from 1970.
 */
export function formatPaxTime(seconds: number): string {
  const shortest = String(seconds);
  if (/^-?\d+(\.\d{1,9})?$/.test(shortest)) return shortest;
  const rounded = seconds.toFixed(FRACTION_DIGITS).replace(/\.?0+$/, '');
  return rounded === '-0' ? '0' : rounded;
}

/** @returns `undefined` where `text` is no time. */
export function parsePaxTime(text: string): number | undefined {
  if (!/^-?\d+(\.\d*)?$/.test(text)) return undefined;
  const seconds = Number(text);
  return Math.abs(seconds) <= Number.MAX_SAFE_INTEGER ? seconds : undefined;
}
