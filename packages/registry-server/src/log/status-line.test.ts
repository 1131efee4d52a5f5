import { beforeEach, describe, expect, it } from 'vitest';
import { StatusLine } from './status-line.js';

describe('StatusLine', () => {
  let written: string[];
  let status: StatusLine;

  beforeEach(() => {
    written = [];
    status = new StatusLine({ write: (text) => written.push(text), isTTY: true, columns: 20 });
  });

  it('rewrites the line in place', () => {
    status.show('1%');
    status.show('2%');
    expect(written).toEqual(['\r\u001b[K1%', '\r\u001b[K2%']);
  });

  it('writes nothing where nothing changes', () => {
    status.show('1%');
    status.show('1%');
    expect(written).toHaveLength(1);
  });

  it('cuts what the terminal would wrap', () => {
    status.show('x'.repeat(30));
    expect(written).toEqual([`\r\u001b[K${'x'.repeat(19)}`]);
  });

  it('takes a terminal that does not know its width for one of 80 columns', () => {
    status = new StatusLine({ write: (text) => written.push(text), isTTY: true, columns: 0 });
    status.show('x'.repeat(100));
    expect(written).toEqual([`\r\u001b[K${'x'.repeat(79)}`]);
  });

  it('puts other lines above itself', () => {
    status.show('1%');
    status.write('a line\n');
    expect(written[1]).toBe('\r\u001b[Ka line\n1%');
  });

  it('leaves lines alone once it is cleared', () => {
    status.show('1%');
    status.clear();
    status.clear();
    status.write('a line\n');
    expect(written.slice(1)).toEqual(['\r\u001b[K', 'a line\n']);
  });
});
