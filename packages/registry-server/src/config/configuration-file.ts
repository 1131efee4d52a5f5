import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration-error.js';
import { describeProblem } from './syntax-problem.js';

/** Aliases of aliases make gigabytes out of a few lines. */
const MAX_ALIASES = 100;

/** What a configuration file says, and where it says it. */
export interface ConfigurationFile {
  /** As parsed; not yet held against a schema. */
  readonly value: unknown;
  /** `quinistry.yaml:3:9`, the place of a value; of the closest section where there is no such value. */
  locate(path: readonly PropertyKey[]): string;
  /** The place of a key, rather than that of its value. */
  locateKey(path: readonly PropertyKey[]): string;
}

/**
 * Reads a file in YAML or JSON; the one is a subset of the other, so a JSON file may have comments too.
 *
 * @throws {ConfigurationError} for a file that cannot be read, or is neither.
 */
export async function readConfigurationFile(file: string): Promise<ConfigurationFile> {
  return parseConfiguration(await readText(file), file);
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const { code = 'it is not UTF-8' } = error as NodeJS.ErrnoException;
    const problem = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : code;
    throw new ConfigurationError([`the configuration file ${file} cannot be read: ${problem}`], { cause: error });
  }
}

/** @param name - of the file, for messages. */
export function parseConfiguration(text: string, name: string): ConfigurationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  // A tag that nothing resolves is a warning to the parser, and would be ignored.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw new ConfigurationError([`${place(problem.pos[0])}: ${describeProblem(problem, document)}`], {
      cause: problem,
    });
  }
  return {
    value: toValue(document, name) ?? {},
    locate: (path) => place(startOf(closest(document.contents, path))),
    locateKey: (path) => place(startOf(keyNode(document.contents, path) ?? closest(document.contents, path))),
  };
}

function toValue(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new ConfigurationError([`${name}: ${error instanceof Error ? error.message : error}`], { cause: error });
  }
}

/** The node at `path`, or the one that would hold it. */
function closest(root: Node | null, path: readonly PropertyKey[]): Node | null {
  let found = root;
  for (const key of path) {
    const next: unknown = isMap(found) || hasItems(found) ? found.get(key, true) : undefined;
    if (!isNode(next)) break;
    found = next;
  }
  return found;
}

function hasItems(node: Node | null): node is Node & { get(key: PropertyKey, keepScalar: true): unknown } {
  return node !== null && 'get' in node;
}

function keyNode(root: Node | null, path: readonly PropertyKey[]): Node | undefined {
  const section = closest(root, path.slice(0, -1));
  if (!isMap(section)) return undefined;
  const pair = section.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
  return isNode(pair?.key) ? pair.key : undefined;
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
