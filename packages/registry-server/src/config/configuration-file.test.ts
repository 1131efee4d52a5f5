import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { parseConfiguration, readConfigurationFile } from './configuration-file.js';

describe('parseConfiguration', () => {
  it('reads YAML and JSON alike, whatever they are indented with', () => {
    const value = { server: { port: 80 }, policy: { immutableTags: ['v*'] } };
    expect(parseConfiguration('server:\n  port: 80\npolicy:\n  immutableTags: [v*]\n', 'f').value).toEqual(value);
    expect(parseConfiguration(JSON.stringify(value), 'f').value).toEqual(value);
    expect(parseConfiguration(JSON.stringify(value, undefined, '\t'), 'f').value).toEqual(value);
  });

  it('finds values, keys, and the section of what is not there', () => {
    const file = parseConfiguration('{\n  "a": {\n    "b": [1,\n      2]\n  }\n}', 'c.json');
    expect(file.locate(['a', 'b', 1])).toBe('c.json:4:7');
    expect(file.locateKey(['a', 'b'])).toBe('c.json:3:5');
    expect(file.locate(['a', 'missing', 'deeper'])).toBe('c.json:2:8');
    expect(file.locate([])).toBe('c.json:1:1');
  });

  it.each([
    ['a key that stands twice', 'a: 1\nb: 2\na: 3', /^f:3:1: a stands here a second time; expected each setting once$/],
    ['one in a section', '{"a": [0, {"b": 1, "b": 1}]}', /^f:1:20: a\[1\]\.b stands here a second time; /],
    ['a tab in the indentation', 'a:\n\tb: 2', /^f:2:1: Tabs are not allowed as indentation/],
    ['a second document', 'a: 1\n---\nb: 2', /^f:2:1: a second document begins; expected one$/],
    ['a bracket that stays open', '{"a": [1, 2}', /^f:1:12: /],
    ['a tag that would make an object', 'a: !!js/function x', /^f:1:4: Unresolved tag/],
  ])('refuses %s, and says where', (_what, text, message) => {
    expect(() => parseConfiguration(text, 'f')).toThrow(ConfigurationError);
    expect(() => parseConfiguration(text, 'f')).toThrow(message);
  });

  it('refuses aliases that would grow to gigabytes', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 9; n += 1)
      lines.push(
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(() => parseConfiguration(lines.join('\n'), 'f')).toThrow(ConfigurationError);
  });
});

describe('readConfigurationFile', () => {
  it('says of a file that it is not there', async () => {
    await expect(readConfigurationFile('/nowhere/quinistry.yaml')).rejects.toThrow(
      'the configuration file /nowhere/quinistry.yaml cannot be read: ENOENT',
    );
  });

  it('says of a file that it is no text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quinistry-config-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'quinistry.yaml');
    await writeFile(file, Uint8Array.of(0x61, 0xff));
    await expect(readConfigurationFile(file)).rejects.toThrow(/cannot be read: it is not UTF-8$/);
  });
});
