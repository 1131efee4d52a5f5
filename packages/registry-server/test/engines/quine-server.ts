import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LICENSES_FILE } from '../../src/quine/quine-paths.js';
import { BackgroundProcess, run } from './process.js';
import type { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

/** What `npm run build` makes, and what goes into the image. */
const BUILT = fileURLToPath(new URL('../../dist', import.meta.url));
const BUNDLE = 'quinistry.mjs';

/** The built server, as it runs on this machine and outside of any container. */
export class QuineServer {
  readonly #scope: Scope;
  /** The path of the application, which is one file. */
  readonly bundle: string;

  private constructor(scope: Scope, bundle: string) {
    this.#scope = scope;
    this.bundle = bundle;
  }

  /** Takes a copy of what was built: another build, while tests run, would make another image. */
  static async install(scope: Scope): Promise<QuineServer> {
    const folder = await temporaryFolder(scope, 'quine');
    for (const name of [BUNDLE, LICENSES_FILE]) await copyFile(join(BUILT, name), join(folder, name));
    return new QuineServer(scope, join(folder, BUNDLE));
  }

  /** The digest of its image in one family, which it tells without serving anything. */
  digest(format: 'docker' | 'oci'): Promise<string> {
    return run(process.execPath, [this.bundle, 'digest', '--format', format]);
  }

  /** Starts it on `port` of 127.0.0.1, and waits until it serves its image. */
  async start(port: number): Promise<BackgroundProcess> {
    const server = this.run(['--port', String(port)]);
    await server.waitUntil(() => servesImage(port));
    return server;
  }

  /** Starts the command with these arguments, and waits for nothing. */
  run(args: readonly string[]): BackgroundProcess {
    return new BackgroundProcess(this.#scope, process.execPath, [this.bundle, ...args]);
  }
}

/** Whether the registry on `port` answers with the manifest of the quine. */
export async function servesImage(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/v2/quinistry/manifests/latest`, { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  );
}
