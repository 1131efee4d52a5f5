import { describe, expect, it } from 'vitest';
import { DEFAULT_HOST, DEFAULT_PORT, parseServeOptions } from './serve-options.js';
import { UsageError } from './usage-error.js';

describe('parseServeOptions', () => {
  it('listens on loopback and port 8080 where nothing is said', () => {
    expect(parseServeOptions({}, {})).toEqual({
      host: DEFAULT_HOST,
      port: DEFAULT_PORT,
      logFormat: 'auto',
      logLevel: 'info',
    });
  });

  it('takes host and port from HOST and PORT', () => {
    expect(parseServeOptions({}, { HOST: '0.0.0.0', PORT: '9000' })).toMatchObject({ host: '0.0.0.0', port: 9000 });
  });

  it('prefers a flag to the environment, even where the environment makes no sense', () => {
    const flags = { host: '::1', port: '0' };
    expect(parseServeOptions(flags, { HOST: '', PORT: 'tcp://10.0.0.1:80' })).toMatchObject({ host: '::1', port: 0 });
  });

  it.each(['99999', '65536', 'abc', '', ' ', '-1', '+80', '80.0', '0x50', '1e3', ' 80', '080000'])(
    'refuses the port %j',
    (port) => {
      expect(() => parseServeOptions({ port }, {})).toThrow(UsageError);
      expect(() => parseServeOptions({}, { PORT: port })).toThrow(UsageError);
    },
  );

  it('names the flag, what it holds and what it could hold', () => {
    expect(() => parseServeOptions({ port: '99999' }, {})).toThrow(
      '--port is "99999", which is not a port: a whole number from 0 to 65535',
    );
  });

  it('names the variable where that is what is wrong', () => {
    expect(() => parseServeOptions({}, { PORT: '' })).toThrow('PORT is "", which is not a port');
  });

  it.each(['localhost', 'registry.example.com', 'a', '0.0.0.0', '::', '2001:db8::1', 'fe80::1%eth0'])(
    'takes the host %j',
    (host) => {
      expect(parseServeOptions({ host }, {}).host).toBe(host);
    },
  );

  it('takes an IPv6 address in brackets, as it stands in a URL', () => {
    expect(parseServeOptions({ host: '[::1]' }, {}).host).toBe('::1');
  });

  // Node takes an empty host for every interface of the machine.
  it.each(['', ' ', 'localhost:8080', 'http://localhost', '[localhost]', '[]', 'a/b', '-a', 'a b', 'a\n'])(
    'refuses the host %j',
    (host) => {
      expect(() => parseServeOptions({ host }, {})).toThrow(UsageError);
      expect(() => parseServeOptions({}, { HOST: host })).toThrow(UsageError);
    },
  );

  it('lists the formats and levels there are', () => {
    expect(() => parseServeOptions({ logFormat: 'xml' }, {})).toThrow('not one of auto, pretty, json');
    expect(() => parseServeOptions({ logLevel: 'loud' }, {})).toThrow('not one of trace, debug, info');
  });
});
