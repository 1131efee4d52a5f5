import { OciError } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../config/configuration-error.js';
import { ListenError } from '../node-server.js';
import { describeFailure } from './describe-failure.js';
import { UsageError } from './usage-error.js';

describe('describeFailure', () => {
  it('gives status 2 and the way to the help for a mistake on the command line', () => {
    expect(describeFailure(new UsageError('--port is "x"'))).toEqual({
      lines: ['quinistry: --port is "x"; see quinistry --help'],
      status: 2,
    });
  });

  it('says what to do about a port that is taken', () => {
    const error = new ListenError('EADDRINUSE', 'cannot listen on 127.0.0.1 port 80: the port is taken');
    expect(describeFailure(error)).toEqual({
      lines: [expect.stringMatching(/the port is taken; choose another with --port/)],
      status: 1,
    });
  });

  it('repeats what the library says was wrong, and where', () => {
    expect(describeFailure(new OciError('FILE_UNREADABLE', '/usr/bin/node cannot be read: EACCES'))).toEqual({
      lines: ['quinistry: /usr/bin/node cannot be read: EACCES'],
      status: 1,
    });
  });

  it('gives each problem of a configuration a line of its own', () => {
    expect(describeFailure(new ConfigurationError(['a:1:1: one', 'a:2:1: two\u001b']))).toEqual({
      lines: ['quinistry: a:1:1: one', 'quinistry: a:2:1: two\\u{1b}; see quinistry --help'],
      status: 2,
    });
  });

  it('says how to learn more of what nobody expected', () => {
    const { lines, status } = describeFailure(new TypeError('x is not a function'));
    expect(lines).toEqual(['quinistry: unexpected failure: x is not a function; QUINISTRY_DEBUG=1 shows where']);
    expect(status).toBe(1);
  });

  it.each([new Error('one\n  two\r\nthree'), new Error(''), 'a string', undefined, null])(
    'is one line without a stack for %o',
    (error) => {
      const { lines } = describeFailure(error);
      expect(lines).toHaveLength(1);
      const [line] = lines;
      expect(line).toMatch(/^quinistry: [^\p{C}]+$/u);
      expect(line).not.toContain('    at ');
    },
  );
});
