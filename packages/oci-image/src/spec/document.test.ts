import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DocumentError } from '../errors.js';
import { digestSchema } from './digest.js';
import { parseDocument, parseDocumentValue } from './document.js';
import { formatDocumentPath } from './document-path.js';

const schema = z.looseObject({ layers: z.array(z.looseObject({ digest: digestSchema, size: z.int() })) });
const digest = `sha256:${'0'.repeat(64)}`;

describe('parseDocument', () => {
  it('reads a document and keeps the fields that the schema does not know', () => {
    const value = { layers: [{ digest, size: 1, extra: true }], vendor: {} };
    expect(parseDocument(schema, 'image manifest', JSON.stringify(value))).toEqual(value);
  });

  it('lists everything that is wrong, each with its path', () => {
    const text = JSON.stringify({
      layers: [
        { digest, size: 1 },
        { digest, size: 1.5 },
        { digest: 'sha256:x', size: 1 },
      ],
    });
    const parse = () => parseDocument(schema, 'image manifest', text);
    expect(parse).toThrow(DocumentError);
    expect(parse).toThrow(/^not a valid image manifest: layers\[1\]\.size: .*; layers\[2\]\.digest: expected a digest/);
  });

  it('throws a DocumentError for text that is not JSON', () => {
    expect(() => parseDocument(schema, 'image manifest', '{')).toThrow(DocumentError);
  });
});

describe('parseDocumentValue', () => {
  it.each([undefined, null, 7, 'layers', [], {}, { layers: {} }])('throws a DocumentError for %j', (value) => {
    expect(() => parseDocumentValue(schema, 'image manifest', value)).toThrow(DocumentError);
  });
});

describe('formatDocumentPath', () => {
  it.each([
    [[], ''],
    [['layers', 2, 'digest'], 'layers[2].digest'],
    [[0, 'Labels', 'a.b c'], '[0].Labels["a.b c"]'],
    [['\r\n"'], '["\\r\\n\\""]'],
    [['x'.repeat(1000)], `["${'x'.repeat(100)}"]`],
  ])('prints %j as %s', (path, text) => {
    expect(formatDocumentPath(path)).toBe(text);
  });
});
