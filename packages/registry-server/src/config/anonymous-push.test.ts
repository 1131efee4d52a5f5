import { describe, expect, it } from 'vitest';
import { demandLoginForPush } from './anonymous-push.js';
import { parseConfiguration } from './configuration-file.js';
import type { GivenFlags } from './given-settings.js';
import { loadConfiguration } from './load-configuration.js';

function demand(flags: GivenFlags, file = ''): () => void {
  const configuration = loadConfiguration({ flags, env: {}, file: parseConfiguration(file, 'f') });
  return () => demandLoginForPush(configuration);
}

const REACHABLE = { '--storage': '/srv/registry', '--host': '0.0.0.0' };

describe('demandLoginForPush', () => {
  it.each(['0.0.0.0', '::', '192.0.2.7', 'registry.example.com'])('refuses anonymous pushes on %s', (host) => {
    expect(demand({ '--storage': '/srv/registry', '--host': host })).toThrow(
      `on ${host}, others could push to this registry without a login`,
    );
  });

  it.each(['127.0.0.1', '127.0.0.53', '::1', '[::1]', 'localhost'])('lets them be on %s', (host) => {
    expect(demand({ '--storage': 'memory', '--host': host })).not.toThrow();
  });

  it.each([
    ['--allow-anonymous-push asks for it', { ...REACHABLE, '--allow-anonymous-push': true }],
    ['accounts are needed', { ...REACHABLE, '--htpasswd': 'accounts' }],
    ['others may only pull', { ...REACHABLE, '--htpasswd': 'accounts', '--anonymous-pull': true }],
    ['nobody can push', { ...REACHABLE, '--read-only': true }],
    ['there is nothing to push to', { '--host': '0.0.0.0' }],
  ])('is content where %s', (_why, flags) => {
    expect(demand(flags)).not.toThrow();
  });

  it.each(['push', 'delete'])('refuses a rule that lets everybody %s', (action) => {
    const rules = `access: { htpasswd: f, rules: [{ users: anonymous, actions: [pull, ${action}] }] }`;
    expect(demand(REACHABLE, rules)).toThrow(/without a login/);
  });
});
