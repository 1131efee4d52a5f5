/**
 * JSON documents as blobs: the bytes that were written or fetched, and what they say.
 * A document's digest is that of its bytes. The same JSON written again, with other white space or another order of
 * keys, is another document, so nothing here serialises what it has read.
 */
import type { z } from 'zod';
import { DocumentError } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { parseDocument } from '../spec/document.js';
import { digestOf } from './compute-digest.js';

export interface JsonDocument<T> {
  /** As stored; the digest and the size are of these. */
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** What the bytes say, with the fields that the schema does not know. */
  readonly value: T;
}

/**
 * Reads a document from its bytes.
 *
 * @param kind - what to call it in an error: `image manifest`.
 * @throws {DocumentError} `DOCUMENT_INVALID` where the bytes are not UTF-8, not JSON, or not what the schema says.
 */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  kind: string,
  bytes: Uint8Array,
): JsonDocument<z.output<Schema>> {
  const value = parseDocument(schema, kind, decode(kind, bytes));
  return { bytes, digest: digestOf(bytes), size: bytes.byteLength, value };
}

/**
 * Writes a value as a document: compact JSON, keys in the order in which the value has them.
 * What was written is read back through the schema, so that nothing can be written that would be refused.
 *
 * @throws {DocumentError} `DOCUMENT_INVALID` where the value is not what the schema says.
 */
export function createDocument<Schema extends z.ZodType>(
  schema: Schema,
  kind: string,
  value: unknown,
): JsonDocument<z.output<Schema>> {
  return readDocument(schema, kind, new TextEncoder().encode(JSON.stringify(value)));
}

function decode(kind: string, bytes: Uint8Array): string {
  try {
    // A byte order mark is not JSON (RFC 8259, 8.1): kept, so that the parser refuses it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError(kind, [{ path: '', message: 'the bytes are not UTF-8' }], { cause });
  }
}
