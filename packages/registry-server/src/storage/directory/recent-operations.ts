/**
 * Other tools read `index.json`, work for a while, and write it back with what they add. skopeo reads it when a copy begins
 * and writes it when the copy ends: whatever was pushed in between is not in what it writes. There is no lock that it would
 * heed, so what was lost that way is put back.
 */
import type { Digest } from '@quinistry/oci-image/spec';
import type { JournalOperation } from './journal-record.js';
import type { RepositoryView } from './repository-view.js';

/** How long another tool may take between reading and writing. */
const REMEMBERED_MS = 15 * 60 * 1000;
const MOST_REMEMBERED = 10_000;

interface Recent {
  readonly operation: JournalOperation;
  readonly at: number;
  /** What its tags stood for before. */
  readonly replaced: ReadonlyMap<string, Digest | undefined>;
}

export class RecentOperations {
  #recent: Recent[] = [];

  /** @param view - before the operation. */
  add(operation: JournalOperation, view: RepositoryView): void {
    const now = performance.now();
    const tags = operation.op === 'put' ? operation.tags : [];
    this.#recent.push({ operation, at: now, replaced: new Map(tags.map((tag) => [tag, view.tagged(tag)])) });
    const isCurrent = ({ at }: Recent) => now - at < REMEMBERED_MS;
    const [oldest] = this.#recent;
    if (this.#recent.length > 2 * MOST_REMEMBERED || (oldest && !isCurrent(oldest))) {
      this.#recent = this.#recent.filter(isCurrent).slice(-MOST_REMEMBERED);
    }
  }

  /**
   * What has to be done again over `after`, which another tool wrote where `before` was. Where all that it did is to take
   * entries away, or to turn tags back, that was its purpose, and nothing is put back. Nor is what was pushed before
   * something that it has: it had read that, and removed it.
   *
   * @param hasFile - whether the repository has the blob of a digest.
   * @param pending - what was never in the file, and is done over `after` anyway.
   */
  lost(
    before: RepositoryView,
    after: RepositoryView,
    { hasFile, pending }: { hasFile: (digest: Digest) => boolean; pending: readonly JournalOperation[] },
  ): readonly JournalOperation[] {
    const isOld = this.#oldValues();
    const waiting = new Set(pending);
    const isNew = (tag: string) => after.tagged(tag) !== before.tagged(tag) && !isOld(tag, after.tagged(tag));
    const deleted = new Set(this.#recent.map(({ operation }) => operation.op === 'delete' && operation.digest));
    const isUnknown = (digest: Digest) => !before.manifests.has(digest) && !deleted.has(digest);
    if (!after.tags.some(isNew) && ![...after.manifests.keys()].some(isUnknown)) return [];

    const unread = this.#recent.slice(this.#recent.findLastIndex((recent) => isSeen(recent, before, after)) + 1);
    return unread.flatMap(({ operation }): JournalOperation[] => {
      if (operation.op === 'untag' || waiting.has(operation)) return [];
      const { digest } = operation;
      if (operation.op === 'delete') {
        // Where the bytes are there again, the tool has brought them itself.
        const isBack = after.manifests.has(digest) && !before.manifests.has(digest);
        return isBack && !hasFile(digest) ? [operation] : [];
      }
      if (!before.manifests.has(digest) || !hasFile(digest)) return [];
      const tags = operation.tags.filter((tag) => {
        const now = after.tagged(tag);
        return before.tagged(tag) === digest && now !== digest && (now === undefined || isOld(tag, now));
      });
      return tags.length > 0 || !after.manifests.has(digest) ? [{ ...operation, tags }] : [];
    });
  }

  /** Whether a tag stood for something lately, before it was pushed again. */
  #oldValues(): (tag: string, digest: Digest | undefined) => boolean {
    const old = new Map<string, Set<Digest | undefined>>();
    for (const { replaced } of this.#recent) {
      for (const [tag, digest] of replaced) old.set(tag, (old.get(tag) ?? new Set()).add(digest));
    }
    return (tag, digest) => digest !== undefined && (old.get(tag)?.has(digest) ?? false);
  }
}

/** Whether `after` has something that only this operation can have brought. */
function isSeen({ operation, replaced }: Recent, before: RepositoryView, after: RepositoryView): boolean {
  if (operation.op !== 'put') return false;
  const { digest } = operation;
  return operation.tags.some(
    (tag) => replaced.get(tag) !== digest && before.tagged(tag) === digest && after.tagged(tag) === digest,
  );
}
