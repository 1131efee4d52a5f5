import { afterAll, expect, it } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { startBreakingProxy } from './breaking-proxy.js';
import { Containerd } from './containerd.js';
import { freePort } from './free-port.js';
import { describeGenerations } from './generations-contract.js';
import { QuineServer } from './quine-server.js';
import { Scope } from './scope.js';

const JUDGES = [root, command('containerd'), command('ctr'), command('runc')];

describeGenerations('containerd', { judges: JUDGES, start: (scope) => Containerd.start(scope) });

describeWith(JUDGES, 'containerd on a connection that breaks', () => {
  const scope = new Scope();
  afterAll(() => scope.end());

  it('goes on with the layer where it stopped', async () => {
    const quine = await QuineServer.install(scope);
    const quinePort = await freePort();
    const server = await quine.start(quinePort);
    const containerd = await Containerd.start(scope);
    const port = await startBreakingProxy(scope, quinePort, 5_000_000);
    const pulled = await containerd.pull(`127.0.0.1:${port}/quinistry:latest`);
    expect(pulled.digest).toBe(await quine.digest('docker'));
    expect(server.output).toMatch(/"status":206/);
  });
});
