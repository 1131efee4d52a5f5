import { OciError } from '../errors.js';

/**
 * The time of whatever is not given one: 1980-01-01T00:00:00Z, in seconds. Never now, or no build could be repeated;
 * not 0 either: software that reads file times takes 0 for "unset", and zip cannot express anything before 1980.
 */
export const DEFAULT_TIME_SECONDS = 315_532_800;

/** 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year. Whoever gives milliseconds is far beyond it. */
const LATEST_TIME_SECONDS = 253_402_300_799;

/**
 * The time for files and images that carry none: `SOURCE_DATE_EPOCH` where it is set, {@link DEFAULT_TIME_SECONDS} elsewhere.
 *
 * @throws {OciError} `IMAGE_INVALID` where `SOURCE_DATE_EPOCH` is not a whole number of seconds, or later than the year 9999.
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function reproducibleTime(environment: Readonly<Record<string, string | undefined>> = process.env): number {
  const text = environment.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return DEFAULT_TIME_SECONDS;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > LATEST_TIME_SECONDS) {
    throw new OciError(
      'IMAGE_INVALID',
      `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}, not a whole number of seconds since 1970, before the year 10000`,
    );
  }
  return seconds;
}
