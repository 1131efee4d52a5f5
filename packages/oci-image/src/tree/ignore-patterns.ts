import ignore from 'ignore';
import type { TarPath } from '../content/tar/tar-entry.js';
import { decodeText, encodeTarPath } from '../content/tar/tar-path.js';
import type { TreeFile } from './walk-tree.js';

/**
 * Patterns as in a .gitignore file: `name` matches at any depth, `/name` at the top, `name/` directories alone, and a
 * later `!name` takes a file back, unless a directory that it lies in stays out.
 *
 * Git's rules and not those of .dockerignore: theirs let `!a/b` reach into an ignored `a`, so that every ignored tree has
 * to be walked for what may be taken back. What is ignored here, node_modules for one, is never opened.
 * Patterns are case-sensitive, as names in an image are. Bytes that are not UTF-8 match as U+FFFD.
 *
 * @param patterns - The text of such a file, or its lines.
 */
export function ignorePatterns(
  patterns: string | readonly string[],
): (file: Pick<TreeFile, 'path' | 'type'>) => boolean {
  const rules = ignore({ ignorecase: false }).add(patterns);
  return ({ path, type }) => rules.ignores(textOf(path) + (type === 'directory' ? '/' : ''));
}

function textOf(path: TarPath): string {
  return typeof path === 'string' ? path : decodeText(encodeTarPath(path));
}
