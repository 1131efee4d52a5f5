import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import type { ImageLayout } from '../image-layout.js';
import { Podman } from '../podman.js';
import type { Scope } from '../scope.js';
import { temporaryFolder } from '../temporary-folder.js';
import type { Client } from './client.js';

export class PodmanClient implements Client {
  readonly #podman: Podman;
  readonly #folder: string;

  private constructor(podman: Podman, folder: string) {
    this.#podman = podman;
    this.#folder = folder;
  }

  static async start(scope: Scope): Promise<PodmanClient> {
    return new PodmanClient(await Podman.start(scope), await temporaryFolder(scope, 'podman'));
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.#podman.command('login', '--tls-verify=false', '--username', name, '--password', password, host);
  }

  async push({ archive }: ImageLayout, reference: string): Promise<string> {
    const id = await this.#podman.command('pull', '--quiet', `oci-archive:${archive}`);
    const digestFile = join(this.#folder, 'digest');
    await this.#podman.command('push', '--tls-verify=false', '--digestfile', digestFile, id, reference);
    return (await readFile(digestFile, 'utf8')).trim();
  }

  async pull(reference: string): Promise<string> {
    return (await this.#podman.pull(reference)).digest;
  }
}
