import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import { DockerDaemon } from '../docker-daemon.js';
import type { ImageLayout } from '../image-layout.js';
import { run } from '../process.js';
import type { Scope } from '../scope.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Client, findIn } from './client.js';

/** docker with a daemon of its own. */
export class DockerClient implements Client {
  readonly #daemon: DockerDaemon;
  readonly #folder: string;

  private constructor(daemon: DockerDaemon, folder: string) {
    this.#daemon = daemon;
    this.#folder = folder;
  }

  static async start(scope: Scope): Promise<DockerClient> {
    return new DockerClient(await DockerDaemon.start(scope), await temporaryFolder(scope, 'docker'));
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.#daemon.command('login', '--username', name, '--password', password, host);
  }

  /** Older daemons know no image layouts, so the image comes in an archive of docker's own kind. */
  async push({ archive }: ImageLayout, reference: string): Promise<string> {
    const loadable = join(this.#folder, `${randomUUID()}.tar`);
    await run('skopeo', ['copy', `oci-archive:${archive}`, `docker-archive:${loadable}:${reference}`]);
    await this.#daemon.command('load', '--input', loadable);
    const output = await this.#daemon.command('push', reference);
    return findIn(output, /(?<=: digest: )sha256:[0-9a-f]{64}/);
  }

  async pull(reference: string): Promise<string> {
    return (await this.#daemon.pull(reference)).digest;
  }
}
