const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes for people, in powers of 1000 as registries and disks are measured: `41.8 MB`. */
export function formatByteCount(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  // 999.95 would be rounded to 1000.0.
  while (amount >= 999.95 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit]}`;
}
