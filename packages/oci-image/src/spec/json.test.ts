import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentError } from '../errors.js';
import { MAX_JSON_DEPTH, parseJson } from './json.js';

const refusal = (text: string): DocumentError => {
  try {
    parseJson(text, 'thing');
  } catch (error) {
    if (error instanceof DocumentError) return error;
    throw error;
  }
  throw new Error(`accepted ${text.slice(0, 100)}`);
};

describe('parseJson', () => {
  it('reads what JSON.parse reads, for every value without a refused key', () => {
    const keys = fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__');
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.string({ unit: 'binary' }),
        tie('array'),
        tie('object'),
      ),
      array: fc.array(tie('json')),
      object: fc.dictionary(keys, tie('json')),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom('', ' ', '\t', '\n  '), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parseJson(text, 'thing')).toEqual(JSON.parse(text));
      }),
    );
  });

  it('gives a value or a DocumentError for any text', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"__proto__"',
      '1',
      'null',
      ' ',
      'x',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fragments).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (json) => {
        try {
          parseJson(json, 'thing');
        } catch (error) {
          expect(error).toBeInstanceOf(DocumentError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    'NaN',
    '\ufeff{}',
    '{} {}',
    '"\\x"',
    '{"\\x":1}',
    '"',
    '01',
  ])('refuses %j, which is not JSON', (text) => {
    expect(refusal(text).message).toMatch(/^not a valid thing: is not JSON/);
  });

  it('names the place where the JSON breaks, and keeps the engine’s error as the cause', () => {
    const error = refusal('{"a":1,}');
    expect(error.message).toBe('not a valid thing: is not JSON, from position 7 on');
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  it.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"b":[{},{"a":{"b":1},"a":null}]}', 'b[1].a'],
    ['{"":0,"":0}', '[""]'],
    ['{"a\\\\":0,"b":"\\\\\\"","a\\\\":0}', '["a\\\\"]'],
  ])('refuses the duplicate key in %s and says where it stands', (text, path) => {
    expect(refusal(text).issues).toEqual([{ path, message: 'stands twice in one object' }]);
  });

  it('accepts a key that recurs in another object, as a value, or in another case', () => {
    const text = '{"a":{"a":"a"},"b":["a","a",{"a":1},{"a":1}],"A":"{\\"a\\":1,\\"a\\":1}"}';
    expect(parseJson(text, 'thing')).toEqual(JSON.parse(text));
  });

  it.each(['{"__proto__":{}}', '{"a":[{"__proto__":1}]}', '{"\\u005f_proto__":null}'])(
    'refuses the prototype key in %s',
    (text) => {
      expect(refusal(text).message).toContain('has a key "__proto__"');
    },
  );

  it('accepts nesting up to the limit', () => {
    const text = '['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH);
    expect(JSON.stringify(parseJson(text, 'thing'))).toBe(text);
  });

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('refuses JSON 2 million levels deep: %s', (_, opening, closing) => {
    const error = refusal(opening.repeat(2_000_000) + closing.repeat(2_000_000));
    expect(error.message).toBe(`not a valid thing: is nested more than ${MAX_JSON_DEPTH} levels deep`);
  });

  it('reads strings that are full of quotes and backslashes in linear time', () => {
    // Quadratic work on a million characters would run into the test's time limit.
    const value = [`${'\\'.repeat(1_000_000)}"`, '"'.repeat(1_000_000), { ['\\"'.repeat(500_000)]: 1 }];
    expect(parseJson(JSON.stringify(value), 'thing')).toEqual(value);
  });
});
