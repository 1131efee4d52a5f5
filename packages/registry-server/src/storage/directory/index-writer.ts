import type { Journal } from './journal.js';
import type { JournalOperation } from './journal-record.js';
import type { Repository } from './repository.js';

/**
 * Share of the time that writing one repository's index may take while it is pushed to all the time: a small index is
 * written at once, one of megabytes every now and then.
 */
const REST_FACTOR = 20;
const LONGEST_REST_MS = 5000;

/** After a failure, a full disk as a rule. */
const RETRY_MS = 1000;

/** Quiet time after which the journal is emptied. */
const TRIM_AFTER_MS = 250;

interface Task {
  readonly repository: Repository;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
  /** What is in the index, while the files of deleted manifests are still to be removed. */
  written: readonly JournalOperation[];
  readyAt: number;
}

export interface IndexWriterOptions {
  readonly journal: Journal;
  /** Writes one index, and tells which operations it has now. */
  readonly write: (repository: Repository) => Promise<readonly JournalOperation[]>;
  /** What follows once the names are written. */
  readonly settle: (repository: Repository, written: readonly JournalOperation[]) => Promise<void>;
  readonly onFailure: (repository: string, error: unknown) => void;
}

/** Writes indexes some time after they changed, and shortens the journal by what they have. */
export class IndexWriter {
  readonly #options: IndexWriterOptions;
  readonly #tasks = new Map<string, Task>();
  #trimTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: IndexWriterOptions) {
    this.#options = options;
  }

  schedule(repository: Repository): void {
    const task = this.#task(repository);
    if (this.#closed || task.timer !== undefined || task.running !== undefined) return;
    task.timer = setTimeout(
      () => {
        this.flush(repository).catch(() => {});
      },
      Math.max(0, task.readyAt - performance.now()),
    );
    task.timer.unref();
  }

  /** Writes what a repository has not written yet. @throws what writing fails with; the journal still has it all then. */
  async flush(repository: Repository): Promise<void> {
    const task = this.#task(repository);
    while (task.running !== undefined) await task.running.catch(() => {});
    clearTimeout(task.timer);
    task.timer = undefined;
    task.running = this.#run(task);
    try {
      await task.running;
    } finally {
      task.running = undefined;
      if (repository.index.pending.length > 0 || task.written.length > 0) this.schedule(repository);
      else if (task.readyAt <= performance.now()) this.#tasks.delete(repository.name);
      this.#trimLater();
    }
  }

  /** Writes everything. What cannot be written stays in the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#trimTimer);
    for (const { repository } of [...this.#tasks.values()]) await this.flush(repository).catch(() => {});
    await this.#options.journal.trim();
    clearTimeout(this.#trimTimer);
  }

  #task(repository: Repository): Task {
    const known = this.#tasks.get(repository.name);
    if (known !== undefined) return known;
    const task: Task = { repository, timer: undefined, running: undefined, written: [], readyAt: 0 };
    this.#tasks.set(repository.name, task);
    return task;
  }

  async #run(task: Task): Promise<void> {
    const { repository } = task;
    const startedAt = performance.now();
    try {
      task.written = [...task.written, ...(await this.#options.write(repository))];
      await this.#options.settle(repository, task.written);
      const now = performance.now();
      task.readyAt = now + Math.min((now - startedAt) * REST_FACTOR, LONGEST_REST_MS);
      const { written } = task;
      task.written = [];
      if (written.length > 0) await this.#options.journal.settle(repository.name, written);
    } catch (error) {
      task.readyAt = performance.now() + RETRY_MS;
      this.#options.onFailure(repository.name, error);
      throw error;
    }
  }

  #trimLater(): void {
    if (this.#closed) return;
    if (this.#options.journal.isLong) {
      this.#options.journal.trim().catch(() => {});
      return;
    }
    clearTimeout(this.#trimTimer);
    this.#trimTimer = setTimeout(() => {
      this.#options.journal.trim().catch(() => {});
    }, TRIM_AFTER_MS);
    this.#trimTimer.unref();
  }
}
