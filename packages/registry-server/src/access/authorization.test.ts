import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthorization } from './authorization.js';

const basic = (pair: string | Uint8Array) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('parseAuthorization', () => {
  it('finds nothing where there is no header', () => {
    expect(parseAuthorization(null)).toEqual({ scheme: 'none' });
  });

  it('takes an empty name with an empty password for none, as podman and skopeo send it without a login', () => {
    expect(parseAuthorization('Basic Og==')).toEqual({ scheme: 'none' });
  });

  it('reads name and password, split at the first colon', () => {
    expect(parseAuthorization(basic('ci:a:b:'))).toEqual({ scheme: 'basic', name: 'ci', password: 'a:b:' });
    expect(parseAuthorization(basic('zoë:пароль'))).toEqual({ scheme: 'basic', name: 'zoë', password: 'пароль' });
    expect(parseAuthorization(basic(':x'))).toEqual({ scheme: 'basic', name: '', password: 'x' });
  });

  it('reads a token', () => {
    expect(parseAuthorization('Bearer abc.def-_~+/==')).toEqual({ scheme: 'bearer', token: 'abc.def-_~+/==' });
  });

  it('takes the scheme in upper and lower case', () => {
    expect(parseAuthorization('BASIC YTpi')).toMatchObject({ scheme: 'basic', name: 'a' });
    expect(parseAuthorization('bearer abc')).toMatchObject({ scheme: 'bearer' });
  });

  it.each([
    '',
    'Basic',
    'Basic ',
    'Basic ::::',
    'Basic YTpi, Basic YTpi',
    'Bearer',
    'Bearer a b',
    'Bearer a,b',
    'Negotiate YTpi',
    'Digest username="a"',
    basic('no colon'),
    basic('a\u0000b:c'),
    basic('a:b\r\nX-Evil: 1'),
    basic(new Uint8Array([0x61, 0x3a, 0xff])),
  ])('refuses %j', (value) => {
    expect(parseAuthorization(value)).toEqual({ scheme: 'invalid' });
  });

  it('reads back every pair without control characters', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value));
    fc.assert(
      fc.property(
        text.filter((name) => name !== '' && !name.includes(':')),
        text,
        (name, password) => {
          expect(parseAuthorization(basic(`${name}:${password}`))).toEqual({ scheme: 'basic', name, password });
        },
      ),
    );
  });

  it('never throws, whatever bytes follow the scheme', () => {
    const hostile = fc
      .tuple(fc.constantFrom('Basic ', 'Bearer ', 'basic', ''), fc.uint8Array({ maxLength: 50 }))
      .map(([scheme, bytes]) => scheme + Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(hostile, (value) => {
        expect(['none', 'basic', 'bearer', 'invalid']).toContain(parseAuthorization(value).scheme);
      }),
    );
  });
});
