import { randomBytes, randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { run } from './process.js';
import type { Scope } from './scope.js';

/** A network bridge with a subnet of its own, for one daemon. It goes with its scope. */
export async function createBridge(scope: Scope): Promise<string> {
  const name = `quine${randomBytes(4).toString('hex')}`; // 15 characters at most
  await run('ip', ['link', 'add', 'name', name, 'type', 'bridge']);
  scope.defer(() => run('ip', ['link', 'delete', name]));
  await run('ip', ['address', 'add', `${freeSubnet()}.1/24`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  return name;
}

/** The first three numbers of a subnet in 198.18.0.0/15, which RFC 2544 sets apart for tests of network devices. */
function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  for (;;) {
    const subnet = `198.${randomInt(18, 20)}.${randomInt(256)}`;
    if (!taken.some((address) => address.startsWith(`${subnet}.`))) return subnet;
  }
}
