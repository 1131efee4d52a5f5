import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from './configuration-file.js';
import { FLAGS, flagName } from './flags.js';
import { loadConfiguration } from './load-configuration.js';
import { keysAt, listSettings } from './settings.js';

const paths = listSettings().map(({ path }) => path);

describe('listSettings', () => {
  it('has a default as it would stand in a file, and what a setting does', () => {
    expect(listSettings()).toContainEqual({
      path: 'garbageCollection.grace',
      description: expect.stringContaining('how long'),
      defaultValue: '1h',
    });
  });

  it('goes down into sections that may be left out', () => {
    expect(paths).toContain('server.tls.key');
    expect(paths).toContain('access.token.signingKey');
  });
});

describe('keysAt', () => {
  it('names the settings of a section', () => {
    expect(keysAt(['server', 'tls'])).toEqual(['certificate', 'key']);
    expect(keysAt(['access', 'rules', 0])).toEqual(['repositories', 'users', 'actions']);
    expect(keysAt(['server', 'port'])).toEqual([]);
    expect(keysAt(['nowhere', 'at', 'all'])).toEqual([]);
  });
});

describe('FLAGS', () => {
  it('lead to settings that there are, each once', () => {
    expect(FLAGS.map(({ path }) => path).filter((path) => !paths.includes(path))).toEqual([]);
    expect(new Set(FLAGS.map(flagName)).size).toBe(FLAGS.length);
  });
});

describe('docs/configuration.md', async () => {
  const text = await readFile(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');

  it.each(listSettings())('has a row for $path with its flag, its default and what it does', (setting) => {
    const flag = FLAGS.find(({ path }) => path === setting.path);
    const shown = [
      `\`${setting.path}\``,
      flag === undefined ? '' : `\`${flagName(flag)}\``,
      setting.defaultValue === undefined || Array.isArray(setting.defaultValue) ? '' : `\`${setting.defaultValue}\``,
    ];
    const row = `| ${shown.join(' | ')} | ${setting.description.replaceAll('|', '\\|')}`.trimEnd();
    expect(text.split('\n').filter((line) => line.startsWith(row))).toHaveLength(1);
  });

  it('shows a file that makes sense', () => {
    const [, yaml = ''] = /^```yaml\n(.*?)^```$/ms.exec(text) ?? [];
    const file = parseConfiguration(yaml, 'quinistry.yaml');
    expect(loadConfiguration({ flags: {}, env: {}, file }).access?.rules).toHaveLength(2);
  });

  it('has no setting or flag that there is none of', () => {
    const named = [...text.matchAll(/^\| `([\w.]+)`/gm)].map(([, path]) => path);
    expect(named.filter((path) => !paths.includes(path ?? ''))).toEqual([]);
    const flags = [...text.matchAll(/^\| `[\w.]+` \| `(--[\w-]+)`/gm)].map(([, flag]) => flag);
    expect(flags.filter((flag) => !FLAGS.some((known) => flagName(known) === flag))).toEqual([]);
  });
});
