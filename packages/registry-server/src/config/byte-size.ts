const UNITS = ['', 'k', 'M', 'G', 'T'] as const;

export const BYTE_SIZE_FORM = 'a size: a whole number of bytes, or of a unit, such as 500MB or 4MiB';

/** Bytes of `4096`, `500MB` (a million each) or `4MiB` (1024 × 1024 each); `undefined` for anything else. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,15}) ?(?:([kKMGT]?)(i?)B)?$/.exec(text);
  if (match === null) return undefined;
  const [, digits, prefix = '', binary] = match;
  if (binary === 'i' && prefix === '') return undefined;
  const power = UNITS.findIndex((unit) => unit.toLowerCase() === prefix.toLowerCase());
  const bytes = Number(digits) * (binary === 'i' ? 1024 : 1000) ** power;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
