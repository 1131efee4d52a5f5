/**
 * From JSON text to a typed document. Whatever the text is, the outcome is a document or a `DocumentError`.
 */
import type { z } from 'zod';
import { DocumentError } from '../errors.js';
import { formatDocumentPath } from './document-path.js';
import { parseJson } from './json.js';

/**
 * @param document - the kind of document, for messages: `image manifest`.
 * @throws {DocumentError} for text that is not strict JSON, and for JSON that `schema` refuses; each issue carries its
 *   path: `layers[2].digest`.
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  document: string,
  text: string,
): z.output<Schema> {
  return parseDocumentValue(schema, document, parseJson(text, document));
}

/**
 * The same for a value that is already there: one that a caller made, or that stood inside another document.
 *
 * @throws {DocumentError} as {@link parseDocument}
 */
export function parseDocumentValue<Schema extends z.ZodType>(
  schema: Schema,
  document: string,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DocumentError(
    document,
    result.error.issues.map((issue) => ({ path: formatDocumentPath(issue.path), message: issue.message })),
    { cause: result.error },
  );
}
