import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import { writeEmptyLogins } from '../auth-file.js';
import type { ImageLayout } from '../image-layout.js';
import { run } from '../process.js';
import type { Scope } from '../scope.js';
import { memoryFolder } from '../temporary-folder.js';
import type { Client } from './client.js';

/** buildah as root, with folders of its own. */
export class BuildahClient implements Client {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  static async start(scope: Scope): Promise<BuildahClient> {
    const folder = await memoryFolder(scope, 'buildah');
    return new BuildahClient(folder, await writeEmptyLogins(folder));
  }

  command(...args: readonly string[]): Promise<string> {
    const folders = ['--root', join(this.#folder, 'root'), '--runroot', join(this.#folder, 'run')];
    return run('buildah', [...folders, ...args], { env: this.#env });
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.command('login', '--tls-verify=false', '--username', name, '--password', password, host);
  }

  /** The identifier of the image in buildah's own storage. */
  load({ archive }: ImageLayout): Promise<string> {
    return this.command('pull', '--quiet', `oci-archive:${archive}`);
  }

  async push(image: ImageLayout, reference: string): Promise<string> {
    const id = await this.load(image);
    const digestFile = join(this.#folder, 'digest');
    await this.command('push', '--tls-verify=false', '--digestfile', digestFile, id, `docker://${reference}`);
    return (await readFile(digestFile, 'utf8')).trim();
  }

  async pull(reference: string): Promise<string> {
    await this.command('pull', '--tls-verify=false', `docker://${reference}`);
    return this.command('images', '--format', '{{.Digest}}', reference);
  }
}
