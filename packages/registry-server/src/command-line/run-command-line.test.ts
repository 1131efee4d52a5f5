import { OciError } from '@quinistry/oci-image';
import { describe, expect, it } from 'vitest';
import { CommandRun } from './testing/command-run.js';
import { buildTinyQuine } from './testing/tiny-quine.js';
import { VERSION } from './version.js';

describe('quinistry --help', () => {
  it('prints the commands and the options of serve, which is the default', async () => {
    const run = new CommandRun(['--help']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toMatch(/^Usage: quinistry .*serve .*digest .*--host <address>.*--port <number>/s);
    expect(run.stdout).toMatch(/also from HOST;\s+default:\s+127\.0\.0\.1/);
    expect(run.stderr).toBe('');
  });

  it('says of a switch that turns something off what it does, not what it turns off', async () => {
    const run = new CommandRun(['--help']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toMatch(/--no-deletes\s+refuse deletes of tags, manifests and blobs/);
  });

  it('prints the options of one command', async () => {
    const run = new CommandRun(['digest', '--help']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toContain('--format <format>');
    expect(run.stdout).not.toContain('--port');
  });
});

describe('quinistry --version', () => {
  it('prints the version alone', async () => {
    const run = new CommandRun(['--version']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe(`${VERSION}\n`);
  });
});

describe('quinistry, used wrongly', () => {
  it.each([
    [['--port', '99999'], /--port is 99999/],
    [['--storage', ''], /--storage is ""; expected none, memory or a directory/],
    [['--config', '/nowhere/q.yaml'], /the configuration file \/nowhere\/q\.yaml cannot be read: ENOENT/],
    [['--storage', 'memory', '--host', '0.0.0.0'], /others could push to this registry without a login/],
    [['--immutable-tags', 'a b'], /--immutable-tags is "a b"; expected a pattern of tags/],
    [['gc'], /missing required argument 'directory'/],
    [['gc', '/nowhere', '--grace', 'soon'], /--grace is "soon"; expected a duration/],
    [['verify', 'a', 'b'], /unexpected argument 'b'/],
    [['--port', 'abc'], /--port is "abc"/],
    [['--port'], /option '--port <number>' argument missing/],
    [['serve', '--host', ''], /--host is ""/],
    [['--log-format', 'xml'], /--log-format is "xml"; expected one of auto, pretty, json/],
    [['--prot', '80'], /unknown option '--prot' \(Did you mean --port\?\)/],
    [['--storge', 'memory'], /unknown option '--storge' \(Did you mean --storage\?\)/],
    [['sevre'], /unknown command 'sevre'/],
    [['help'], /unknown command 'help'/],
    [[''], /unknown command ''/],
    [['serve', 'me'], /unexpected argument 'me'/],
    [['digest', 'it'], /unexpected argument 'it'/],
    [['--port', '80', 'serve'], /the command serve goes before its options/],
    [['digest', '--port', '80'], /unknown option '--port'/],
    [['digest', '--format', 'tar'], /--format is "tar"; expected one of docker, oci/],
    [['\u001b[2J\nquinistry: all is well'], /unknown command '\\u\{1b\}\[2J quinistry: all is well'/],
  ])('answers %j with one line and status 2', async (args, message) => {
    const run = new CommandRun(args);
    expect(await run.status).toBe(2);
    expect(run.stderr).toMatch(/^quinistry: [^\n]+; see quinistry --help\n$/);
    expect(run.stderr).toMatch(message);
    expect(run.stdout).toBe('');
  });

  it('answers an empty PORT with one line and status 2', async () => {
    const run = new CommandRun([], { env: { PORT: '' } });
    expect(await run.status).toBe(2);
    expect(run.stderr).toMatch(/^quinistry: PORT is ""; expected a port[^\n]*\n$/);
  });
});

describe('quinistry digest', () => {
  it('prints the digest of the schema2 manifest and nothing else', async () => {
    const run = new CommandRun(['digest']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe(`${(await buildTinyQuine()).images[0].digest}\n`);
    expect(run.stderr).toBe('');
  });

  it('prints the digest of the OCI manifest where that is asked for', async () => {
    const run = new CommandRun(['digest', '--format', 'oci']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe(`${(await buildTinyQuine()).images[1].digest}\n`);
  });

  it('shows on a terminal how far it is, and keeps that out of standard output', async () => {
    let shown = '';
    const run = new CommandRun(['digest'], {
      stderr: { isTTY: true, write: (text) => (shown += text) },
      buildQuine: ({ onProgress }) => {
        onProgress?.({ step: 'runtime', bytes: 41_000_000, totalBytes: 100_000_000 });
        return buildTinyQuine();
      },
    });
    expect(await run.status).toBe(0);
    expect(shown).toBe('\r\u001b[Kbuilding the image: 41% of the runtime, 100.0 MB\r\u001b[K');
    expect(run.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  });

  it('answers an executable that cannot be read with one line and status 1', async () => {
    const run = new CommandRun(['digest'], {
      buildQuine: async () => {
        throw new OciError('FILE_UNREADABLE', '/usr/bin/node cannot be read: EACCES');
      },
    });
    expect(await run.status).toBe(1);
    expect(run.stderr).toBe('quinistry: /usr/bin/node cannot be read: EACCES\n');
    expect(run.stdout).toBe('');
  });

  it.each([
    ['ENOSPC', 1, 'quinistry: cannot write to standard output: ENOSPC\n'],
    ['EPIPE', 0, ''],
  ])('ends with the status of its output: %s gives %i', async (code, status, stderr) => {
    const write = (_text: string, done?: (error: Error) => void) => done?.(Object.assign(new Error(code), { code }));
    const run = new CommandRun(['digest'], { stdout: { write } });
    expect(await run.status).toBe(status);
    expect(run.stderr).toBe(stderr);
  });

  it('shows a stack only where QUINISTRY_DEBUG asks for it', async () => {
    const buildQuine = async () => {
      throw new TypeError('x is not a function');
    };
    const quiet = new CommandRun(['digest'], { buildQuine });
    expect(await quiet.status).toBe(1);
    expect(quiet.stderr).toMatch(/^[^\n]+\n$/);
    const telling = new CommandRun(['digest'], { buildQuine, env: { QUINISTRY_DEBUG: '1' } });
    expect(await telling.status).toBe(1);
    expect(telling.stderr).toContain('run-command-line.test.ts');
  });

  it('stops building when it is told to stop', async () => {
    let aborted = false;
    const run = new CommandRun(['digest'], {
      buildQuine: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    });
    run.kill('SIGINT');
    expect(await run.status).toBe(130);
    expect(aborted).toBe(true);
    expect(run.stdout).toBe('');
    expect(run.handlesSignals).toBe(false);
  });
});
