import { readFileSync } from 'node:fs';

/** The lines of a vector file, without the empty ones and the comments, which start with `#`. */
function readLines(name: string): string[] {
  const lines = readFileSync(new URL(`./${name}.txt`, import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** Fields are separated by ` -> `; `=` repeats the field before it. */
export function readValidVectors(name: string): string[][] {
  return readLines(`${name}_valid`).map((line) =>
    line.split(' -> ').reduce<string[]>((fields, field) => [...fields, field === '=' ? (fields.at(-1) ?? '') : field], []),
  );
}

/** A value stands between two bars, so that white space at its edges shows, and may hold the escapes of JSON. */
export function readInvalidVectors(name: string): string[] {
  return readLines(`${name}_invalid`).map((line) => {
    if (!/^\|.*\|$/.test(line)) throw new Error(`${name}_invalid.txt: no bars around ${line}`);
    return String(JSON.parse(`"${line.slice(1, -1)}"`));
  });
}
