import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import type { ImageLayout } from '../image-layout.js';
import { run } from '../process.js';
import type { Scope } from '../scope.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Client, findIn } from './client.js';

/** crane keeps no images; it pulls into folders that nobody has used before. */
export class CraneClient implements Client {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(scope: Scope): Promise<CraneClient> {
    return new CraneClient(await temporaryFolder(scope, 'crane'));
  }

  /** crane takes registries on 127.0.0.1 for ones without TLS. */
  command(...args: readonly string[]): Promise<string> {
    return run('crane', args, { env: { DOCKER_CONFIG: this.#folder } });
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.command('auth', 'login', '--username', name, '--password', password, host);
  }

  async push({ folder }: ImageLayout, reference: string): Promise<string> {
    return findIn(await this.command('push', folder, reference), /sha256:[0-9a-f]{64}$/);
  }

  async pull(reference: string): Promise<string> {
    const layout = join(this.#folder, randomUUID());
    await this.command('pull', '--format', 'oci', reference, layout);
    return findIn(await readFile(join(layout, 'index.json'), 'utf8'), /sha256:[0-9a-f]{64}/);
  }
}
