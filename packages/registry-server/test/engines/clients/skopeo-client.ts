import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import { writeEmptyLogins } from '../auth-file.js';
import { type ImageLayout, LAYOUT_TAG } from '../image-layout.js';
import { run } from '../process.js';
import type { Scope } from '../scope.js';
import { temporaryFolder } from '../temporary-folder.js';
import type { Client } from './client.js';

/** skopeo keeps no images; it pulls into folders that nobody has used before. */
export class SkopeoClient implements Client {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** @param folder - where it puts what it pulls, if that is not to be a folder on disk. */
  static async start(scope: Scope, folder?: string): Promise<SkopeoClient> {
    folder ??= await temporaryFolder(scope, 'skopeo');
    return new SkopeoClient(folder, await writeEmptyLogins(folder));
  }

  command(...args: readonly string[]): Promise<string> {
    return run('skopeo', args, { env: this.#env });
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.command('login', '--tls-verify=false', '--username', name, '--password', password, host);
  }

  push({ folder }: ImageLayout, reference: string): Promise<string> {
    return this.#copy(`oci:${folder}:${LAYOUT_TAG}`, `docker://${reference}`);
  }

  pull(reference: string): Promise<string> {
    return this.#copy(`docker://${reference}`, `dir:${join(this.#folder, randomUUID())}`);
  }

  async #copy(source: string, target: string): Promise<string> {
    const digestFile = join(this.#folder, randomUUID());
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await this.command('copy', '--all', '--preserve-digests', ...insecure, '--digestfile', digestFile, source, target);
    return (await readFile(digestFile, 'utf8')).trim();
  }
}
