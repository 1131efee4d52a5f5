/**
 * The lines of the journal: a checksum in hex, a space, and one change as JSON. Each checksum goes on from the one before
 * it, so that a line is valid only behind the lines that it was written behind: what a failed write or an earlier round
 * left in the file further down is never taken for a change.
 */
import { crc32 } from 'node:zlib';
import { OciError } from '@quinistry/oci-image';
import { digestSchema, parseJson } from '@quinistry/oci-image/spec';
import * as z from 'zod';

const operationSchema = z.discriminatedUnion('op', [
  /** A manifest of which the blob is in place, and tags that name it from now on. */
  z.object({
    op: z.literal('put'),
    repository: z.string(),
    digest: digestSchema,
    mediaType: z.string(),
    size: z.int().nonnegative(),
    tags: z.array(z.string()),
  }),
  z.object({ op: z.literal('untag'), repository: z.string(), tag: z.string() }),
  /** A manifest goes, with the tags that name it. */
  z.object({ op: z.literal('delete'), repository: z.string(), digest: digestSchema }),
]);

/** One change to what a repository holds and how it is named. Doing it again changes nothing more. */
export type JournalOperation = z.infer<typeof operationSchema>;

/**
 * Lines of a repository before the line of that number, the first after the start being 1, are in its files: done again,
 * they would undo what another tool has done there since.
 */
const writtenSchema = z.object({ op: z.literal('written'), repository: z.string(), before: z.int().positive() });
export type WrittenRecord = z.infer<typeof writtenSchema>;

export type JournalRecord = JournalOperation | WrittenRecord;
const recordSchema = z.discriminatedUnion('op', [operationSchema, writtenSchema]);

const CHECKSUM_DIGITS = 8;

/** What a round of the journal begins with; the identifier makes it unlike every earlier one. */
export function formatStart(identifier: string): JournalLine {
  return formatLine(JSON.stringify({ journal: 1, identifier }), 0);
}

export function formatRecord(record: JournalRecord, previous: number): JournalLine {
  return formatLine(JSON.stringify(record), previous);
}

export interface JournalLine {
  readonly text: string;
  readonly checksum: number;
}

function formatLine(json: string, previous: number): JournalLine {
  const checksum = crc32(json, previous);
  return { text: `${checksum.toString(16).padStart(CHECKSUM_DIGITS, '0')} ${json}\n`, checksum };
}

export interface JournalContent {
  readonly records: readonly JournalRecord[];
  /** Bytes of valid lines, the start among them; 0 where there is no start. */
  readonly length: number;
  readonly checksum: number;
}

/**
 * Reads as far as lines are whole and valid. What follows was never acknowledged.
 *
 * @throws {OciError} `FILE_UNREADABLE` for a valid line of another kind, which a later version wrote.
 */
export function parseJournal(bytes: Buffer): JournalContent {
  const records: JournalRecord[] = [];
  let checksum = 0;
  let length = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, length);
    if (end === -1) break;
    const json = bytes.subarray(length + CHECKSUM_DIGITS + 1, end);
    const stated = bytes.toString('latin1', length, length + CHECKSUM_DIGITS + 1);
    const actual = crc32(json, checksum);
    if (stated !== `${actual.toString(16).padStart(CHECKSUM_DIGITS, '0')} `) break;
    const value = parseJson(json.toString('utf8'), 'journal record');
    if (length > 0) records.push(parseRecord(value));
    checksum = actual;
    length = end + 1;
  }
  return { records, length, checksum };
}

function parseRecord(value: unknown): JournalRecord {
  const { success, data, error } = recordSchema.safeParse(value);
  if (success) return data;
  throw new OciError('FILE_UNREADABLE', 'the journal has a line that this version does not know', { cause: error });
}
