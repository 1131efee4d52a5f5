import { OciError } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { ListenError } from '../node-server.js';
import { describeFailure } from './describe-failure.js';
import { UsageError } from './usage-error.js';

describe('describeFailure', () => {
  it('gives status 2 and the way to the help for a mistake on the command line', () => {
    expect(describeFailure(new UsageError('--port is "x"'))).toEqual({
      line: 'quinistry: --port is "x"; see quinistry --help',
      status: 2,
    });
  });

  it('says what to do about a port that is taken', () => {
    const error = new ListenError('EADDRINUSE', 'cannot listen on 127.0.0.1 port 80: the port is taken');
    expect(describeFailure(error)).toEqual({
      line: expect.stringMatching(/the port is taken; choose another with --port/),
      status: 1,
    });
  });

  it('repeats what the library says was wrong, and where', () => {
    expect(describeFailure(new OciError('FILE_UNREADABLE', '/usr/bin/node cannot be read: EACCES'))).toEqual({
      line: 'quinistry: /usr/bin/node cannot be read: EACCES',
      status: 1,
    });
  });

  it('says how to learn more of what nobody expected', () => {
    const { line, status } = describeFailure(new TypeError('x is not a function'));
    expect(line).toBe('quinistry: unexpected failure: x is not a function; QUINISTRY_DEBUG=1 shows where');
    expect(status).toBe(1);
  });

  it.each([new Error('one\n  two\r\nthree'), new Error(''), 'a string', undefined, null])(
    'is one line without a stack for %o',
    (error) => {
      const { line } = describeFailure(error);
      expect(line).toMatch(/^quinistry: [^\p{C}]+$/u);
      expect(line).not.toContain('    at ');
    },
  );
});
