import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { parseConfiguration } from './configuration-file.js';
import type { Environment, GivenFlags } from './given-settings.js';
import { loadConfiguration } from './load-configuration.js';

function load(text: string, flags: GivenFlags = {}, env: Environment = {}) {
  return loadConfiguration({ flags, env, file: parseConfiguration(text, 'quinistry.yaml') });
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('loadConfiguration, from flags and the environment', () => {
  it('listens on loopback and port 8080, and keeps nothing, where nothing is said', () => {
    expect(loadConfiguration({ flags: {}, env: {} })).toMatchObject({
      server: { host: '127.0.0.1', port: 8080, idleTimeout: 60_000 },
      storage: { kind: 'none' },
      policy: { readOnly: false, deletes: true, limits: { maxManifestSize: 4_194_304 } },
      log: { format: 'auto', level: 'info' },
    });
  });

  it('takes host and port from HOST and PORT', () => {
    const { server } = loadConfiguration({ flags: {}, env: { HOST: '0.0.0.0', PORT: '9000' } });
    expect(server).toMatchObject({ host: '0.0.0.0', port: 9000 });
  });

  it('prefers a flag to the environment, even where the environment makes no sense', () => {
    const flags = { '--host': '::1', '--port': '0' };
    const { server } = loadConfiguration({ flags, env: { HOST: '', PORT: 'tcp://10.0.0.1:80' } });
    expect(server).toMatchObject({ host: '::1', port: 0 });
  });

  it.each(['99999', '65536', 'abc', '', ' ', '-1', '+80', '80.0', '0x50', '1e3', ' 80'])(
    'refuses the port %j',
    (port) => {
      expect(() => loadConfiguration({ flags: { '--port': port }, env: {} })).toThrow(ConfigurationError);
      expect(() => loadConfiguration({ flags: {}, env: { PORT: port } })).toThrow(ConfigurationError);
    },
  );

  it('names the flag or the variable, what it holds and what it could hold', () => {
    expect(problemsOf(() => loadConfiguration({ flags: { '--port': '99999' }, env: {} }))).toEqual([
      '--port is 99999; expected a port: a whole number from 0 to 65535',
    ]);
    expect(problemsOf(() => loadConfiguration({ flags: {}, env: { PORT: '' } }))).toEqual([
      'PORT is ""; expected a port: a whole number from 0 to 65535',
    ]);
  });

  it.each(['localhost', 'registry.example.com', 'a', '0.0.0.0', '::', '2001:db8::1', 'fe80::1%eth0'])(
    'takes the host %j',
    (host) => {
      expect(loadConfiguration({ flags: { '--host': host }, env: {} }).server.host).toBe(host);
    },
  );

  it('takes an IPv6 address in brackets, as it stands in a URL', () => {
    expect(loadConfiguration({ flags: { '--host': '[::1]' }, env: {} }).server.host).toBe('::1');
  });

  // Node takes an empty host for every interface of the machine.
  it.each(['', ' ', 'localhost:8080', 'http://localhost', '[localhost]', '[]', 'a/b', '-a', 'a b', 'a\n'])(
    'refuses the host %j',
    (host) => {
      expect(() => loadConfiguration({ flags: { '--host': host }, env: {} })).toThrow(ConfigurationError);
      expect(() => loadConfiguration({ flags: {}, env: { HOST: host } })).toThrow(ConfigurationError);
    },
  );

  it('reads switches, lists, sizes and durations', () => {
    const flags = {
      '--no-deletes': true,
      '--immutable-tags': ['v*', 'team/*:stable'],
      '--max-blob-size': '2GiB',
      '--gc-grace': '7d',
    };
    expect(loadConfiguration({ flags, env: {} })).toMatchObject({
      policy: { deletes: false, immutableTags: ['v*', 'team/*:stable'], limits: { maxBlobSize: 2 ** 31 } },
      garbageCollection: { grace: 604_800_000 },
    });
  });

  it('says which flag gives what is missing beside another one', () => {
    expect(problemsOf(() => loadConfiguration({ flags: { '--tls-certificate': 'c.pem' }, env: {} }))).toEqual([
      'server.tls.key is missing (--tls-key gives it too); expected a path',
    ]);
  });
});

describe('loadConfiguration, from a file', () => {
  it('lets a flag win over the file, and the file over the default', () => {
    const { server } = load('server: { host: 0.0.0.0, port: 5000 }', { '--port': '6000' });
    expect(server).toMatchObject({ host: '0.0.0.0', port: 6000, idleTimeout: 60_000 });
  });

  it('lets HOST and PORT win over the file', () => {
    expect(load('server: { port: 5000 }', {}, { PORT: '7000' }).server.port).toBe(7000);
  });

  it('names line and column, path, what stands there and what could', () => {
    const text = 'server:\n  port: eighty\nlog:\n  level: loud\npolicy:\n  immutableTags:\n    - v*\n    - 5\n';
    expect(problemsOf(() => load(text))).toEqual([
      'quinistry.yaml:2:9: server.port is "eighty"; expected a port: a whole number from 0 to 65535',
      'quinistry.yaml:8:7: policy.immutableTags[1] is 5; expected a pattern of tags: v*, or team/*:v*',
      'quinistry.yaml:4:10: log.level is "loud"; expected one of trace, debug, info, warn, error, fatal, silent',
    ]);
  });

  it('names keys that there are none of, and those that there are', () => {
    expect(problemsOf(() => load('policy:\n  deletes: true\n  readonly: true\n'))).toEqual([
      'quinistry.yaml:3:3: policy.readonly is no setting; policy has readOnly, deletes, immutableTags, sparse, limits',
    ]);
    expect(problemsOf(() => load('"__proto__": { "port": 1 }'))).toEqual([
      expect.stringMatching(/^quinistry\.yaml:1:1: __proto__ is no setting; the configuration has server, storage/),
    ]);
  });

  it('points at the section that lacks something', () => {
    expect(problemsOf(() => load('log:\n  level: info\nserver:\n  tls:\n    certificate: c.pem\n'))).toEqual([
      'quinistry.yaml:5:5: server.tls.key is missing (--tls-key gives it too); expected a path',
    ]);
  });

  it('blames the flag where it is the flag that is wrong', () => {
    expect(problemsOf(() => load('server:\n  port: 80\n', { '--port': 'x' }))).toEqual([
      '--port is "x"; expected a port: a whole number from 0 to 65535',
    ]);
  });

  it.each([
    ['server: 8080', 'quinistry.yaml:1:9: server is 8080; expected a section with settings of its own'],
    ['server:', 'quinistry.yaml:1:8: server is null; expected a section with settings of its own'],
    ['- server', 'quinistry.yaml:1:1: the configuration is a list; expected a section with settings of its own'],
    ['hello', 'quinistry.yaml:1:1: the configuration is "hello"; expected a section with settings of its own'],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(() => load(text))).toEqual([problem]);
    expect(problemsOf(() => load(text, { '--port': '80' }))).toEqual([problem]);
  });

  it.each(['', '# nothing yet\n', '{}', 'null'])('takes the defaults from %j', (text) => {
    expect(load(text)).toEqual(loadConfiguration({ flags: {}, env: {} }));
  });

  it('names what is wrong with a rule', () => {
    const rules =
      '    - { repositories: "team/[", users: alice, actions: [pull, fly] }\n    - { user: bob, actions: pull }\n';
    expect(problemsOf(() => load(`access:\n  rules:\n${rules}`))).toEqual([
      expect.stringMatching(
        /^quinistry\.yaml:3:23: access\.rules\[0\]\.repositories\[0\] is "team\/\["; expected a pattern/,
      ),
      'quinistry.yaml:3:63: access.rules[0].actions[1] is "fly"; expected one of pull, push, delete, catalog',
      'quinistry.yaml:4:7: access.rules[1].users is missing; expected a user, or a list',
      'quinistry.yaml:4:9: access.rules[1].user is no setting; access.rules[1] has repositories, users, actions',
    ]);
    expect(problemsOf(() => load('access: { rules: [{ users: [], actions: pull }] }'))).toContain(
      'quinistry.yaml:1:28: access.rules[0].users is an empty list; expected a user at least',
    );
    expect(problemsOf(() => load('access: {}'))).toEqual([
      expect.stringMatching(
        /^quinistry\.yaml:1:9: access\.htpasswd is missing \(--htpasswd gives it too\); expected a file/,
      ),
    ]);
  });

  it('does not show more of a value than a line can hold', () => {
    const [problem = ''] = problemsOf(() => load(`log: { level: ${'x'.repeat(10_000)} }`));
    expect(problem.length).toBeLessThan(300);
  });
});

describe('loadConfiguration, for operations.webhook.url', () => {
  it.each(['https://hooks.example.org/a?b=c', 'http://127.0.0.1:9000/', 'http://[::1]/', 'http://localhost:1/'])(
    'takes %s',
    (url) => {
      expect(loadConfiguration({ flags: { '--webhook': url }, env: {} }).operations.webhook?.url.href).toBe(url);
    },
  );

  it.each(['http://hooks.example.org/', 'https://user:secret@hooks.example.org/', 'ftp://localhost/', 'hooks', ''])(
    'refuses %j',
    (url) => {
      expect(() => loadConfiguration({ flags: { '--webhook': url }, env: {} })).toThrow(/; expected an https URL/);
    },
  );
});

describe('loadConfiguration, for server.trustedProxies', () => {
  it('takes addresses and ranges', () => {
    const trustedProxies = ['10.0.0.0/8', '2001:db8::1', '::ffff:192.0.2.0/120'];
    expect(load(JSON.stringify({ server: { trustedProxies } })).server.trustedProxies).toEqual(trustedProxies);
    expect(load('', { '--trusted-proxy': trustedProxies }).server.trustedProxies).toEqual(trustedProxies);
    expect(load('').server.trustedProxies).toEqual([]);
  });

  it('names what is none', () => {
    expect(problemsOf(() => load('server:\n  trustedProxies: [10.0.0.0/8, proxy]\n'))).toEqual([
      'quinistry.yaml:2:32: server.trustedProxies[1] is "proxy"; expected an address or a range of addresses, such as 10.0.0.0/8 or 2001:db8::1',
    ]);
    expect(problemsOf(() => load('server:\n  trustedProxies: 10.0.0.1\n'))).toEqual([
      'quinistry.yaml:2:19: server.trustedProxies is "10.0.0.1"; expected a list of addresses and ranges of addresses',
    ]);
    expect(problemsOf(() => load('', { '--trusted-proxy': ['10.0.0.0/33'] }))).toEqual([
      expect.stringMatching(/^--trusted-proxy is "10\.0\.0\.0\/33"; expected an address or a range/),
    ]);
  });
});

describe('loadConfiguration, for operations.metrics', () => {
  it.each([
    ['127.0.0.1:9090', { host: '127.0.0.1', port: 9090 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
  ])('takes %s', (address, expected) => {
    const { operations } = loadConfiguration({ flags: { '--metrics-address': address }, env: {} });
    expect(operations.metrics).toEqual(expected);
  });

  it.each(['9090', ':9090', '::1:9090', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:x'])('refuses %j', (address) => {
    expect(() => loadConfiguration({ flags: { '--metrics-address': address }, env: {} })).toThrow(
      /an address and a port/,
    );
  });
});
