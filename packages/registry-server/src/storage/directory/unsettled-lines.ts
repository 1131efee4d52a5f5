import type { JournalOperation, JournalRecord, WrittenRecord } from './journal-record.js';

/** Lines of a journal that the files may lack: they are done again at the next start. */
export class UnsettledLines {
  /** By repository, each with its number. Everything is in the order of the journal. */
  readonly #lines = new Map<string, Map<JournalOperation, number>>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  get operations(): readonly JournalOperation[] {
    const lines = [...this.#lines.values()].flatMap((ofRepository) => [...ofRepository]);
    return lines.sort(([, a], [, b]) => a - b).map(([operation]) => operation);
  }

  /** The journal goes on with `record`. An operation has one line: where it is done once more, it is another object. */
  add(record: JournalRecord): void {
    this.#count += 1;
    const { repository } = record;
    const lines = this.#lines.get(repository) ?? new Map<JournalOperation, number>();
    if (record.op !== 'written') {
      this.#lines.set(repository, lines.set(record, this.#count));
      return;
    }
    for (const [operation, line] of lines) {
      if (line >= record.before) break;
      lines.delete(operation);
    }
    if (lines.size === 0) this.#lines.delete(repository);
  }

  /** The files of a repository have these operations. @returns the line that says so. */
  settle(repository: string, operations: readonly JournalOperation[]): WrittenRecord {
    const lines = this.#lines.get(repository);
    for (const operation of operations) lines?.delete(operation);
    if (lines?.size === 0) this.#lines.delete(repository);
    const [before = this.#count + 1] = lines?.values() ?? [];
    return { op: 'written', repository, before };
  }
}
