/**
 * Changes to names, durable before the files that hold the names are written: `index.json` has megabytes where there are
 * ten thousand tags, and cannot be written anew for each.
 */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DirectorySync } from './directory-sync.js';
import { formatRecord, formatStart, type JournalLine, type JournalOperation, parseJournal } from './journal-record.js';
import { storageFailure, unlessMissing } from './system-error.js';
import { UnsettledLines } from './unsettled-lines.js';
import { writeFully } from './write-fully.js';

/**
 * Room that is taken when the journal is made. Writing within it needs neither new blocks nor a new length: a sync costs
 * a fifth, and deleting is possible on a full disk.
 */
export const RESERVED_BYTES = 1024 * 1024;

/** A journal longer than this is written anew with what is still needed of it. */
const LONGEST_BYTES = 4 * RESERVED_BYTES;

interface Entry {
  readonly operation: JournalOperation;
  /** Runs once the operation is durable, in the order of the journal. */
  readonly apply: () => void;
  readonly reject: (error: unknown) => void;
}

interface JournalFile {
  readonly file: FileHandle;
  readonly lines: UnsettledLines;
  /** Bytes of valid lines. */
  readonly length: number;
  readonly checksum: number;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** What was acknowledged, and may not be in the files yet. */
  readonly operations: readonly JournalOperation[];
}

export class Journal {
  readonly #path: string;
  readonly #directories: DirectorySync;
  #file: FileHandle;
  #lines: UnsettledLines;
  #length: number;
  #checksum: number;
  /** What has been written since the last sync that succeeded, up to `#length`. */
  #unsynced = '';
  #queue: Entry[] = [];
  #turn: Promise<void> = Promise.resolve();
  #scheduled = false;
  /** Whether the file's name is durable, too. */
  #isNamed = true;

  private constructor(path: string, directories: DirectorySync, { file, lines, length, checksum }: JournalFile) {
    this.#path = path;
    this.#directories = directories;
    this.#file = file;
    this.#lines = lines;
    this.#length = length;
    this.#checksum = checksum;
  }

  /**
   * Opens the journal, or makes one. No other process may have it open.
   *
   * @throws {OciError} `FILE_UNREADABLE` where a later version wrote it.
   */
  static async open(path: string, directories: DirectorySync): Promise<OpenedJournal> {
    const found = await readJournal(path);
    if (found !== undefined && found.length > 0) {
      const lines = new UnsettledLines();
      for (const record of found.records) lines.add(record);
      const { length, checksum } = found;
      const file = await open(path, 'r+');
      const { operations } = lines;
      return { journal: new Journal(path, directories, { file, lines, length, checksum }), operations };
    }
    const made = await createJournal(path, []);
    await syncName(path, directories).catch(async (error) => {
      await made.file.close();
      throw error;
    });
    return { journal: new Journal(path, directories, made), operations: [] };
  }

  /** Whether it is time to shorten it. */
  get isLong(): boolean {
    return this.#length > LONGEST_BYTES;
  }

  /**
   * Makes `operation` durable and then runs `apply`. Operations that come while a sync runs share the next one. Where
   * that fails, nothing of them is applied, and nothing of them stays in the file.
   *
   * @throws {StorageError} `NO_SPACE`
   */
  append<T>(operation: JournalOperation, apply: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ operation, apply: () => resolve(apply()), reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#exclusively(() => {
        this.#scheduled = false;
        return this.#writeBatch(this.#queue.splice(0));
      });
    });
  }

  /**
   * The files of a repository have these operations: they are not done again. That is written at once, for the next start
   * may come at any time, and without a sync of its own. After a loss of power what is in the files may be done again.
   */
  settle(repository: string, operations: readonly JournalOperation[]): Promise<void> {
    return this.#exclusively(async () => {
      const record = this.#lines.settle(repository, operations);
      if (this.#length === 0) return;
      const line = formatRecord(record, this.#checksum);
      if (!writeAtOnce(this.#file, Buffer.from(line.text), this.#length)) return;
      this.#unsynced += line.text;
      this.#length += Buffer.byteLength(line.text);
      this.#checksum = line.checksum;
      this.#lines.add(record);
    });
  }

  /** Begins anew, where nothing is needed any more, or the journal is long. */
  trim(): Promise<void> {
    return this.#exclusively(async () => {
      if (!this.isLong) return this.#lines.isEmpty ? this.#restart() : undefined;
      const made = await createJournal(this.#path, this.#lines.operations);
      const replaced = this.#file;
      // From here on the old file has no name, whatever fails next.
      this.#file = made.file;
      this.#isNamed = false;
      this.#begin(made);
      await replaced.close();
      await this.#recover();
    });
  }

  async close(): Promise<void> {
    await this.#exclusively(() => this.#file.close());
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #writeBatch(batch: readonly Entry[]): Promise<void> {
    try {
      await this.#recover();
      await this.#write(batch.map(({ operation }) => operation));
    } catch (error) {
      for (const { reject } of batch) reject(storageFailure(error));
      return;
    }
    for (const { apply, reject } of batch) {
      try {
        apply();
      } catch (error) {
        reject(error);
      }
    }
  }

  async #write(operations: readonly JournalOperation[]): Promise<void> {
    const { text, checksum } = formatRecords(operations, this.#checksum);
    const length = Buffer.byteLength(text);
    // What a sync has failed on may be gone from memory too, so whatever these lines stand behind is written once more.
    const bytes = Buffer.from(this.#unsynced + text);
    try {
      await writeFully(this.#file, bytes, this.#length + length - bytes.length);
      await this.#file.datasync();
    } catch (error) {
      await this.#erase(length);
      throw error;
    }
    this.#unsynced = '';
    this.#length += length;
    this.#checksum = checksum;
    for (const operation of operations) this.#lines.add(operation);
  }

  /** Does again what failed when the journal was last shortened: nothing that is written before counts after a restart. */
  async #recover(): Promise<void> {
    if (this.#length === 0) await this.#restart();
    if (this.#isNamed) return;
    await syncName(this.#path, this.#directories);
    this.#isNamed = true;
  }

  /** Without this, a restart before the next change would find lines of which the client was told that they failed. */
  async #erase(length: number): Promise<void> {
    try {
      const room = Math.min(length, Math.max(0, (await this.#file.stat()).size - this.#length));
      await writeFully(this.#file, Buffer.alloc(room), this.#length);
      await this.#file.datasync();
    } catch {
      // A disk that takes nothing at all: the next write is at the same place.
    }
  }

  /** A new first line makes every line behind it invalid. Torn, it is no first line, which means the same. */
  async #restart(): Promise<void> {
    const start = formatStart(randomUUID());
    // Whatever comes of the write, lines behind the old one may not be valid any more.
    this.#length = 0;
    await writeFully(this.#file, Buffer.from(start.text), 0);
    await this.#file.datasync();
    this.#begin({ lines: new UnsettledLines(), length: start.text.length, checksum: start.checksum });
  }

  #begin({ lines, length, checksum }: Omit<JournalFile, 'file'>): void {
    this.#lines = lines;
    this.#length = length;
    this.#checksum = checksum;
    this.#unsynced = '';
  }
}

/**
 * Does not go through the thread pool, where others sync and those who wait for the journal would wait for them.
 *
 * @returns whether all of it is written; if not, the next line is written at the same place.
 */
function writeAtOnce({ fd }: FileHandle, bytes: Uint8Array, position: number): boolean {
  try {
    return writeSync(fd, bytes, 0, bytes.byteLength, position) === bytes.byteLength;
  } catch {
    return false;
  }
}

async function readJournal(path: string) {
  const bytes = await readFile(path).catch(unlessMissing);
  return bytes && parseJournal(bytes);
}

function formatRecords(operations: readonly JournalOperation[], previous: number): JournalLine {
  let checksum = previous;
  const lines = operations.map((operation) => {
    const line = formatRecord(operation, checksum);
    checksum = line.checksum;
    return line.text;
  });
  return { text: lines.join(''), checksum };
}

/** Puts a journal of `operations` in place of the one that is there. Its name is durable with {@link syncName}. */
async function createJournal(path: string, operations: readonly JournalOperation[]): Promise<JournalFile> {
  const lines = new UnsettledLines();
  for (const operation of operations) lines.add(operation);
  const start = formatStart(randomUUID());
  const { text, checksum } = formatRecords(operations, start.checksum);
  const content = Buffer.from(start.text + text);
  const reserved = Buffer.alloc(Math.max(RESERVED_BYTES, content.length));
  content.copy(reserved);
  const file = await open(`${path}.new`, 'w+');
  try {
    await writeFully(file, reserved, 0);
    await file.sync();
    await rename(`${path}.new`, path);
  } catch (error) {
    await file.close();
    await rm(`${path}.new`, { force: true });
    throw storageFailure(error);
  }
  return { file, lines, length: content.length, checksum };
}

async function syncName(path: string, directories: DirectorySync): Promise<void> {
  await directories.sync(dirname(path));
}
