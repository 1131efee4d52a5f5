/** What every engine has to show: the quine that it pulls and runs serves itself again, and again, unchanged. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, type Judge } from '../../../oci-image/test/judges.js';
import { readProcessStatus, readRootMountOptions, runUntilServing } from './container-process.js';
import type { Engine } from './engine.js';
import { freePort } from './free-port.js';
import { QuineServer } from './quine-server.js';
import { Scope } from './scope.js';

export interface GenerationsOptions {
  readonly judges: readonly Judge[];
  /** Every engine that is started has an image store of its own. */
  readonly start: (scope: Scope) => Promise<Engine>;
  /** What the engine says when it pulls from the grandchild what it has from the first. */
  readonly sayingUpToDate?: RegExp | undefined;
}

export function describeGenerations(
  name: string,
  { judges, start, sayingUpToDate = /(?:)/ }: GenerationsOptions,
): void {
  describeWith(judges, `the quine in ${name}`, () => {
    const scope = new Scope();
    let quine: QuineServer;
    let engine: Engine;
    let digest: string;

    beforeAll(async () => {
      quine = await QuineServer.install(scope);
      engine = await start(scope);
      digest = await quine.digest('docker');
    });
    afterAll(() => scope.end());

    it('has one manifest digest in three generations', async () => {
      const port = await freePort();
      const first = await quine.start(port);
      expect((await engine.pull(quineAt(port))).digest).toBe(digest);

      const childPort = await freePort();
      const child = await runUntilServing(engine, quineAt(port), { port: childPort });
      await first.stop();
      // Into an empty store, so that every byte comes from the child.
      const otherEngine = await start(scope);
      expect((await otherEngine.pull(quineAt(childPort))).digest).toBe(digest);
      expect(await child.readOutput()).toMatch(/serving manifest.*serving layer/s);

      // At the address of the first, so that the first engine compares what it has.
      const grandchild = await runUntilServing(otherEngine, quineAt(childPort), { port });
      expect(await child.stop()).toBe(0);
      const pulled = await engine.pull(quineAt(port));
      expect(pulled.digest).toBe(digest);
      expect(pulled.output).toMatch(sayingUpToDate);
      expect(await grandchild.stop()).toBe(0);
    });

    it('runs from its OCI manifest, pulled by digest, and serves the same image', async () => {
      const port = await freePort();
      const server = await quine.start(port);
      const reference = `127.0.0.1:${port}/quinistry@${await quine.digest('oci')}`;
      await engine.pull(reference);
      await server.stop();

      const container = await runUntilServing(engine, reference, { port });
      expect((await engine.pull(quineAt(port))).digest).toBe(digest);
      expect(await container.stop()).toBe(0);
    });

    it('serves itself as process 1, not as root, without capabilities and on a read-only root', async () => {
      const port = await freePort();
      const server = await quine.start(port);
      await engine.pull(quineAt(port));
      await server.stop();

      const container = await runUntilServing(engine, quineAt(port), { port, isHardened: true });
      expect(await readRootMountOptions(container.pid)).toContain('ro');
      expect(await readProcessStatus(container.pid)).toMatchObject({
        NSpid: expect.stringMatching(/ 1$/),
        Uid: '65532 65532 65532 65532',
        CapBnd: '0000000000000000',
        NoNewPrivs: '1',
      });
      expect((await engine.pull(quineAt(port))).digest).toBe(digest);
      expect(await container.stop()).toBe(0);
    });
  });
}

function quineAt(port: number): string {
  return `127.0.0.1:${port}/quinistry:latest`;
}
