import { freePort } from './free-port.js';
import type { BackgroundProcess } from './process.js';
import { QuineServer } from './quine-server.js';
import type { Scope } from './scope.js';

/** The built command as a registry that takes pushes, on a port of 127.0.0.1. */
export class RegistryProcess {
  readonly port: number;
  readonly process: BackgroundProcess;

  private constructor(port: number, process: BackgroundProcess) {
    this.port = port;
    this.process = process;
  }

  /** @param options - of `quinistry serve`: `--storage memory`. */
  static async start(scope: Scope, options: readonly string[]): Promise<RegistryProcess> {
    const port = await freePort();
    const quine = await QuineServer.install(scope);
    const process = quine.run(['--port', String(port), ...options]);
    await process.waitUntil(() => answers(port));
    return new RegistryProcess(port, process);
  }

  /** As it stands at the start of a reference. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The digest that a reference without its host stands for: `repository` and a tag or a digest. */
  async resolve(repository: string, reference: string): Promise<string | null> {
    const response = await fetch(`http://${this.host}/v2/${repository}/manifests/${reference}`, { method: 'HEAD' });
    return response.headers.get('docker-content-digest');
  }
}

/** Whether there is a registry, which may want a login. */
async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/v2/`).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  );
}
