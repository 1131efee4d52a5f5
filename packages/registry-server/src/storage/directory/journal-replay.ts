import type { Digest } from '@quinistry/oci-image/spec';
import type { JournalOperation } from './journal-record.js';
import { isStorableName } from './repository-paths.js';

export interface JournalReplay {
  /** To be done again, all of it before the first index is written: until then there may be a manifest without its file. */
  readonly needed: readonly JournalOperation[];
  /** By repository. */
  readonly unneeded: ReadonlyMap<string, readonly JournalOperation[]>;
}

/** Tells what has to be done again of what a journal had left. @param hasFile - whether a repository has the file of a manifest. */
export async function planReplay(
  operations: readonly JournalOperation[],
  hasFile: (repository: string, digest: Digest) => Promise<boolean>,
): Promise<JournalReplay> {
  const deletions = new Map<string, number>();
  for (const [position, operation] of operations.entries()) {
    if (operation.op === 'delete') deletions.set(manifestKey(operation), position);
  }
  const needed: JournalOperation[] = [];
  const unneeded = new Map<string, JournalOperation[]>();
  for (const [position, operation] of operations.entries()) {
    const { repository } = operation;
    const isNeeded =
      isStorableName(repository) &&
      (operation.op !== 'put' ||
        (await hasFile(repository, operation.digest)) ||
        // The file went with the deletion further down, and yet the tags must not go back to what they named before it.
        // Any other file was taken away by somebody else.
        (deletions.get(manifestKey(operation)) ?? -1) > position);
    if (isNeeded) {
      needed.push(operation);
      continue;
    }
    const others = unneeded.get(repository) ?? [];
    unneeded.set(repository, others);
    others.push(operation);
  }
  return { needed, unneeded };
}

function manifestKey({ repository, digest }: { readonly repository: string; readonly digest: Digest }): string {
  return `${repository} ${digest}`;
}
