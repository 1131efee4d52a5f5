/**
 * One repository's `index.json` and the view of it in memory. The file is written behind: the journal has what it lacks.
 * Other tools may write it too, at any time; what they wrote is read before it is asked about, and before it is replaced.
 */
import { constants, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { DocumentError, OciError } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { DirectorySync } from './directory-sync.js';
import type { DurableFiles } from './durable-file.js';
import type { JournalOperation } from './journal-record.js';
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, type LayoutIndex, parseLayoutIndex } from './layout-index.js';
import { RecentOperations } from './recent-operations.js';
import { RepositoryView } from './repository-view.js';
import { unlessMissing } from './system-error.js';

/** How long an answer may be older than what another tool wrote. */
export const DEFAULT_RECHECK_MS = 200;

/** Tools write the file in place, so it may be met half written: that passes. */
const READ_ATTEMPTS = 10;
const READ_RETRY_MS = 20;

export interface RepositoryIndexOptions {
  /** The path of `index.json`. */
  readonly path: string;
  readonly directory: string;
  readonly files: DurableFiles;
  readonly directories: DirectorySync;
  readonly recheckMs: number;
  /** Whether the repository has the blob of a digest. */
  readonly hasFile: (digest: Digest) => boolean;
  /** Told what another tool has overwritten. It is in the view again, and has to be made durable again. */
  readonly onLost: (operations: readonly JournalOperation[]) => void;
}

interface ReadIndex {
  readonly index: LayoutIndex;
  /** Changes whenever the file does. */
  readonly identity: string;
}

const ABSENT = 'absent';

export class RepositoryIndex {
  readonly #options: RepositoryIndexOptions;
  #view: RepositoryView | undefined;
  #identity = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<RepositoryView> | undefined;
  #reloading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  /** Changes of which the journal knows and the file does not. */
  #pending: JournalOperation[] = [];
  readonly #recent = new RecentOperations();

  constructor(options: RepositoryIndexOptions) {
    this.#options = options;
  }

  get pending(): readonly JournalOperation[] {
    return this.#pending;
  }

  /** The view as it is, `undefined` before it was first asked for. */
  get current(): RepositoryView | undefined {
    return this.#view;
  }

  /**
   * The view, no older than the time between checks.
   *
   * @throws {OciError} `FILE_UNREADABLE` where `index.json` is no index.
   */
  async view(): Promise<RepositoryView> {
    if (this.#view !== undefined && performance.now() - this.#checkedAt < this.#options.recheckMs) return this.#view;
    this.#checking ??= this.#refresh().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Changes the view; the file follows with `write`. Its view has been asked for before. */
  apply(operation: JournalOperation): boolean {
    if (this.#view === undefined) throw new Error('the index has not been read yet');
    this.#pending.push(operation);
    this.#recent.add(operation, this.#view);
    return this.#view.apply(operation);
  }

  /** Takes what the journal has from before the start. It is done over the file once that is read, so that may wait. */
  restore(operation: JournalOperation): void {
    this.#pending.push(operation);
  }

  /** Writes the file where it lacks something. @returns the operations that are in it now. */
  async write(): Promise<readonly JournalOperation[]> {
    while (this.#writing !== undefined) await this.#writing.catch(() => {});
    if (this.#pending.length === 0) return [];
    let written: readonly JournalOperation[] = [];
    this.#writing = this.#replace()
      .then((operations) => {
        written = operations;
      })
      .finally(() => {
        this.#writing = undefined;
      });
    await this.#writing;
    return written;
  }

  async #refresh(): Promise<RepositoryView> {
    const checkedAt = performance.now();
    // One after the other: what another tool has overwritten shows in the difference to the view before.
    while (this.#reloading !== undefined) await this.#reloading.catch(() => {});
    if (this.#view === undefined || this.#identityOnDisk() !== this.#identity) {
      this.#reloading = this.#reload().finally(() => {
        this.#reloading = undefined;
      });
      await this.#reloading;
    }
    this.#checkedAt = checkedAt;
    if (this.#view === undefined) throw new Error('the index has not been read');
    return this.#view;
  }

  async #reload(): Promise<void> {
    const read = await this.#read();
    if (read === undefined) return; // half written, and the view that we have is good until it is whole
    const view = new RepositoryView(read.index);
    const before = this.#view;
    const removed = before?.removed ?? new Set();
    const hasFile = (digest: Digest) => !removed.has(digest) && this.#options.hasFile(digest);
    for (const digest of removed) if (!view.manifests.has(digest)) view.removed.add(digest);
    const lost = before === undefined ? [] : this.#recent.lost(before, view, { hasFile, pending: this.#pending });
    for (const operation of [...lost, ...this.#pending]) {
      if (before === undefined) this.#recent.add(operation, view);
      view.apply(operation);
    }
    this.#view = view;
    this.#identity = read.identity;
    if (lost.length > 0) this.#options.onLost(lost);
  }

  async #read(): Promise<ReadIndex | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readIndex(this.#options.path);
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error;
        if (this.#view !== undefined) return undefined;
        if (attempt === READ_ATTEMPTS) throw unreadable(this.#options.path, error);
        await wait(READ_RETRY_MS);
      }
    }
  }

  async #replace(): Promise<readonly JournalOperation[]> {
    const { path, directory, files, directories } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const view = await this.#refresh();
      const read = this.#identity;
      const count = this.#pending.length;
      const bytes = formatLayoutIndex({ header: view.header, manifests: view.entries() });
      const prepared = await files.prepare(bytes, path);
      let isMoved = false;
      try {
        const identity = identityOf(statSync(prepared, { bigint: true }));
        // Without a wait in between, so that little time is left for another tool to write what we would replace.
        // Whoever has asked meanwhile may have read another file since, of which the prepared one knows nothing.
        const isCurrent = this.#view === view && this.#identityOnDisk() === read;
        if (isCurrent) isMoved = files.moveAtOnce(prepared, path);
        if (isMoved) {
          this.#identity = identity;
          await directories.sync(directory);
          return this.#pending.splice(0, count);
        }
      } finally {
        if (!isMoved) await rm(prepared, { force: true });
      }
      // Written by another tool meanwhile, or still being written. What it cannot be read as is not ours to replace. Or it
      // lies on another file system, as it turned out.
      if (attempt >= READ_ATTEMPTS) await readIndex(path).catch((error) => Promise.reject(unreadable(path, error)));
      await wait(READ_RETRY_MS);
    }
  }

  /** Synchronous: the file is looked up a few times a second, and its inode is in memory. */
  #identityOnDisk(): string {
    const stats = statSync(this.#options.path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? ABSENT : identityOf(stats);
  }
}

/** Never a DocumentError: that is a client's, and its message goes to the client. */
function unreadable(path: string, cause: unknown): unknown {
  if (!(cause instanceof DocumentError)) return cause;
  return new OciError('FILE_UNREADABLE', `${path} cannot be used: ${cause.message}`, { cause });
}

function identityOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino}:${size}:${mtimeNs}`;
}

async function readIndex(path: string): Promise<ReadIndex> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(unlessMissing);
  if (file === undefined) return { index: EMPTY_LAYOUT_INDEX, identity: ABSENT };
  try {
    const identity = identityOf(await file.stat({ bigint: true }));
    return { index: parseLayoutIndex(await file.readFile()), identity };
  } finally {
    await file.close();
  }
}
