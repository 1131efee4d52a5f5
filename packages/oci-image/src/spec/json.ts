/**
 * JSON that every reader understands alike. JSON.parse keeps the last of two equal keys, other parsers keep the first,
 * and a document that is checked by one and run by another must not mean two things; so such documents are refused.
 * Source: RFC 8259, section 4, on names that are not unique.
 */
import { DocumentError } from '../errors.js';
import { type DocumentPath, formatDocumentPath } from './document-path.js';

/**
 * Deepest nesting of objects and arrays. The deepest document of the specifications has six levels; a bound keeps
 * everything that walks a value by recursion, `JSON.stringify` among them, from running out of stack.
 */
export const MAX_JSON_DEPTH = 100;

/**
 * Reads JSON text, in time linear in its length and without recursion.
 *
 * @param document - the kind of document, for messages: `image manifest`.
 * @throws {DocumentError} where the text is not JSON, is nested deeper than {@link MAX_JSON_DEPTH}, names a key twice in
 *   one object, however it is escaped, or names a key `__proto__`.
 */
export function parseJson(text: string, document: string): unknown {
  inspect(text, document);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const position = cause instanceof Error ? /position \d+/.exec(cause.message) : null;
    const message = position === null ? 'is not JSON' : `is not JSON, from ${position[0]} on`;
    throw new DocumentError(document, [{ path: '', message }], { cause });
  }
}

/** An object or an array that is open at this point of the text. */
interface Container {
  /** The keys met so far; an array has none. */
  readonly keys: Set<string> | undefined;
  /** Where in the container the text stands. */
  at: string | number;
  expectsKey: boolean;
}

/**
 * Finds what JSON.parse lets pass. It follows strings and brackets only: text that is not JSON may get through, and
 * JSON.parse is its judge.
 */
function inspect(text: string, document: string): void {
  const open: Container[] = [];
  for (let at = 0; at < text.length; at++) {
    const container = open.at(-1);
    switch (text[at]) {
      case '{':
        open.push({ keys: new Set(), at: '', expectsKey: true });
        break;
      case '[':
        open.push({ keys: undefined, at: 0, expectsKey: false });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (container === undefined) break;
        if (typeof container.at === 'number') container.at++;
        else container.expectsKey = true;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (container?.keys !== undefined && container.expectsKey) {
          container.at = readKey(text.slice(at, end + 1));
          container.expectsKey = false;
          addKey(container.keys, container.at, open, document);
        }
        at = end;
        break;
      }
    }
    if (open.length > MAX_JSON_DEPTH) throw refusal(document, [], `is nested more than ${MAX_JSON_DEPTH} levels deep`);
  }
}

function addKey(keys: Set<string>, key: string, open: readonly Container[], document: string): void {
  const parents = open.slice(0, -1).map((container) => container.at);
  if (key === '__proto__') throw refusal(document, parents, 'has a key "__proto__", which would name a prototype');
  if (keys.has(key)) throw refusal(document, [...parents, key], 'stands twice in one object');
  keys.add(key);
}

/** The index of the closing quotation mark, or of the text's end. A quote closes unless an odd number of `\` precede. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function readKey(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal; // a bad escape, which JSON.parse refuses when its turn comes
  }
}

function refusal(document: string, path: DocumentPath, message: string): DocumentError {
  return new DocumentError(document, [{ path: formatDocumentPath(path), message }]);
}
