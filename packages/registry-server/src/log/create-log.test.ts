import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './create-log.js';

function logTo(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'json', write: (line) => lines.push(line), ...options });
  return { lines, log };
}

describe('createLog', () => {
  it('writes a record as one JSON line with level, time and message', () => {
    const { lines, log } = logTo();
    log.warn({ port: 8080 }, 'listening');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      port: 8080,
      msg: 'listening',
    });
  });

  it('leaves out what is below its level', () => {
    const { lines, log } = logTo({ level: 'error' });
    log.warn('not this');
    log.error('this');
    expect(lines).toHaveLength(1);
  });

  it('says nothing at the level silent', () => {
    const { lines, log } = logTo({ level: 'silent' });
    log.fatal('not this');
    expect(lines).toEqual([]);
  });

  it('keeps the stack of an error', () => {
    const { lines, log } = logTo();
    log.error({ err: new RangeError('too far') }, 'something went wrong');
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      type: 'RangeError',
      message: 'too far',
      stack: expect.stringContaining('create-log.test.ts'),
    });
  });
});

describe('createLog({ format: "pretty" })', () => {
  it('writes a request as a line with units', () => {
    const { lines, log } = logTo({ format: 'pretty' });
    log.info(
      { method: 'GET', target: '/v2/a/blobs/b', status: 200, bytes: 41_800_000, durationMs: 3.5 },
      'serving layer',
    );
    expect(lines.join('')).toMatch(
      /^\d\d:\d\d:\d\d {2}serving layer {9}GET {2}\/v2\/a\/blobs\/b {2}200 {2}41\.8 MB {2}3\.5 ms\n$/,
    );
  });

  it('names the fields that do not speak for themselves', () => {
    const { lines, log } = logTo({ format: 'pretty' });
    log.info({ signal: 'SIGTERM', complete: false }, 'stopping');
    expect(lines.join('')).toMatch(/stopping +signal=SIGTERM {2}complete=false\n$/);
  });

  it('shows the stack of an error below its line', () => {
    const { lines, log } = logTo({ format: 'pretty' });
    log.error({ err: new RangeError('too far') }, 'something went wrong');
    expect(lines.join('').split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/something went wrong$/),
      '          RangeError: too far',
    ]);
  });

  it('shows escape sequences of others rather than obeying them', () => {
    const { lines, log } = logTo({ format: 'pretty', colors: true });
    log.error({ name: '\u001b[31mred', err: new Error('\u009b2J') }, 'hello\u0007');
    const foreign = lines.join('').replace(/\u001b\[\d+m/g, '');
    expect(foreign).toContain('name=\\u{1b}[31mred');
    expect(foreign).toContain('hello\\u{7}');
    expect(foreign).toContain('Error: \\u{9b}2J');
  });

  it('paints warnings and errors only where colours are wanted', () => {
    const plain = logTo({ format: 'pretty' });
    plain.log.warn('careful');
    plain.log.info('well');
    expect(plain.lines.join('')).not.toContain('\u001b');
    const painted = logTo({ format: 'pretty', colors: true });
    painted.log.warn('careful');
    expect(painted.lines.join('')).toContain('\u001b[33mcareful\u001b[39m');
  });
});
