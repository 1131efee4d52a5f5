import { type Document, isMap, isScalar, isSeq, type YAMLError } from 'yaml';
import { formatPath } from './setting-path.js';

/** What keeps a file from being read. The parser tells programmers; where that helps nobody else, it is said anew. */
export function describeProblem({ code, message, pos: [offset] }: YAMLError, document: Document): string {
  switch (code) {
    case 'DUPLICATE_KEY': {
      const key = keysOf(document.contents, []).find((candidate) => candidate.offset === offset);
      return `${key === undefined ? 'a key' : formatPath(key.path)} stands here a second time; expected each setting once`;
    }
    case 'MULTIPLE_DOCS':
      return 'a second document begins; expected one';
    default:
      return message;
  }
}

interface Key {
  readonly offset: number | undefined;
  readonly path: readonly PropertyKey[];
}

/** All keys at and below a node, one that stands twice among them twice. */
function keysOf(node: unknown, path: readonly PropertyKey[]): Key[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => keysOf(item, [...path, index]));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    if (!isScalar(key)) return [];
    const own = [...path, String(key.value)];
    return [{ offset: key.range?.[0], path: own }, ...keysOf(value, own)];
  });
}
