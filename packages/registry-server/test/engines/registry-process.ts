import { freePort } from './free-port.js';
import { type BackgroundProcess, run } from './process.js';
import { QuineServer } from './quine-server.js';
import type { Scope } from './scope.js';

/** The built command as a registry that takes pushes, on a port of 127.0.0.1. */
export class RegistryProcess {
  readonly #bundle: string;
  readonly port: number;
  readonly process: BackgroundProcess;

  private constructor(bundle: string, port: number, process: BackgroundProcess) {
    this.#bundle = bundle;
    this.port = port;
    this.process = process;
  }

  /** @param options - of `quinistry serve`: `--storage memory`. */
  static async start(scope: Scope, options: readonly string[]): Promise<RegistryProcess> {
    const port = await freePort();
    const quine = await QuineServer.install(scope);
    const process = quine.run(['--port', String(port), ...options]);
    await process.waitUntil(async () => process.output.includes('"msg":"listening"'));
    return new RegistryProcess(quine.bundle, port, process);
  }

  /** As it stands at the start of a reference. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Without a login, the digest that a tag or a digest stands for, or `null` where there is no such manifest. */
  async resolve(repository: string, reference: string): Promise<string | null> {
    const response = await fetch(`http://${this.host}/v2/${repository}/manifests/${reference}`, { method: 'HEAD' });
    return response.headers.get('docker-content-digest');
  }

  /**
   * Stops the registry and looks for anything wrong in its directory.
   *
   * @throws {Error} with what there is.
   */
  async stopAndVerify(directory: string): Promise<void> {
    await this.process.stop();
    await run(process.execPath, [this.#bundle, 'verify', directory]);
  }
}
