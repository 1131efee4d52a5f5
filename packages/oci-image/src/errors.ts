/**
 * Whatever this library finds wrong is an `OciError` with one of these codes; the list only grows in a minor version.
 * What comes from a caller passes through as it is: errors of its streams, stores and callbacks, and the reason of its
 * `AbortSignal`.
 */
export type OciErrorCode =
  // What a caller passed, where a type cannot tell or was not heeded.
  | 'ARGUMENT_INVALID'
  // A value that does not follow its grammar.
  | 'DIGEST_INVALID'
  | 'REFERENCE_INVALID'
  | 'PLATFORM_INVALID'
  | 'MEDIA_TYPE_INVALID'
  // A JSON document that is not what its schema says.
  | 'DOCUMENT_INVALID'
  // Bytes that are not the ones that were promised.
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'BLOB_UNKNOWN'
  | 'LIMIT_EXCEEDED'
  | 'GZIP_INVALID'
  | 'TAR_INVALID'
  // Bytes that pass by once, asked for again.
  | 'BODY_USED'
  // Something that cannot stand in a layer, or in an image, as it was given.
  | 'ENTRY_INVALID'
  | 'ENTRY_DUPLICATE'
  | 'IMAGE_INVALID'
  // Files of this machine.
  | 'FILE_UNREADABLE'
  | 'FILE_CHANGED'
  // A directory that another process keeps its store in.
  | 'STORE_IN_USE'
  // An optional package that is not installed.
  | 'PACKAGE_NOT_FOUND'
  // The Node.js runtime as a layer.
  | 'ELF_INVALID'
  | 'LIBRARY_NOT_FOUND'
  | 'PLATFORM_UNSUPPORTED';

/** Base of every error thrown here. Switch on `code`; never match `message`. */
export class OciError<C extends OciErrorCode = OciErrorCode> extends Error {
  override readonly name: string = 'OciError';
  readonly code: C;

  constructor(code: C, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A string that does not follow its grammar; `expected` is the grammar in words. */
export class InvalidValueError extends OciError<
  'DIGEST_INVALID' | 'REFERENCE_INVALID' | 'PLATFORM_INVALID' | 'MEDIA_TYPE_INVALID'
> {
  override readonly name = 'InvalidValueError';
  readonly value: unknown;
  readonly expected: string;

  constructor(code: InvalidValueError['code'], value: unknown, expected: string) {
    super(code, `${excerpt(value)} is not ${expected}`);
    this.value = value;
    this.expected = expected;
  }
}

/** One thing wrong with a document, and where: `layers[2].digest`; `path` is empty for the document itself. */
export interface DocumentIssue {
  readonly path: string;
  readonly message: string;
}

/** A JSON document that is not what its schema says. `document` names the kind of document: `image manifest`. */
export class DocumentError extends OciError<'DOCUMENT_INVALID'> {
  override readonly name = 'DocumentError';
  readonly document: string;
  readonly issues: readonly DocumentIssue[];

  constructor(document: string, issues: readonly DocumentIssue[], options?: ErrorOptions) {
    const told = issues.slice(0, 5).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    const rest = issues.length > told.length ? `; and ${issues.length - told.length} more` : '';
    super('DOCUMENT_INVALID', `not a valid ${document}: ${told.join('; ')}${rest}`, options);
    this.document = document;
    this.issues = issues;
  }
}

/** Bytes that are not the ones that were promised. Sizes are in bytes. */
export class ContentMismatchError extends OciError<'DIGEST_MISMATCH' | 'SIZE_MISMATCH'> {
  override readonly name = 'ContentMismatchError';
  readonly expected: string | number;
  readonly actual: string | number;

  constructor(
    code: ContentMismatchError['code'],
    expected: string | number,
    actual: string | number,
    subject = 'content',
  ) {
    super(
      code,
      code === 'SIZE_MISMATCH'
        ? `${subject} has ${actual} bytes where ${expected} were expected`
        : `${subject} hashes to ${actual} where ${expected} was expected`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** Longest excerpt of a foreign value that is repeated in a message. */
const MAX_EXCERPT_CHARACTERS = 100;

function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : `a value of type ${typeof value}`;
  return text.length > MAX_EXCERPT_CHARACTERS ? `${text.slice(0, MAX_EXCERPT_CHARACTERS)}…` : text;
}
