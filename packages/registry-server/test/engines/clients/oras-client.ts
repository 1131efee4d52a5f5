import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Account } from '../accounts.js';
import { type ImageLayout, LAYOUT_TAG } from '../image-layout.js';
import { run } from '../process.js';
import type { Scope } from '../scope.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Client, findIn } from './client.js';

/** oras keeps no images; it pulls into folders that nobody has used before. */
export class OrasClient implements Client {
  /** Where files are that it attaches, and where it puts what it pulls. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(scope: Scope): Promise<OrasClient> {
    return new OrasClient(await temporaryFolder(scope, 'oras'));
  }

  command(...args: readonly string[]): Promise<string> {
    return run('oras', args, { cwd: this.folder, env: { DOCKER_CONFIG: this.folder } });
  }

  login(host: string, { name, password }: Account): Promise<string> {
    return this.command('login', '--plain-http', '--username', name, '--password', password, host);
  }

  async push({ folder }: ImageLayout, reference: string): Promise<string> {
    return digestOf(
      await this.command('cp', '--from-oci-layout', '--to-plain-http', `${folder}:${LAYOUT_TAG}`, reference),
    );
  }

  async pull(reference: string): Promise<string> {
    const layout = join(this.folder, randomUUID());
    return digestOf(
      await this.command('cp', '--from-plain-http', '--to-oci-layout', reference, `${layout}:${LAYOUT_TAG}`),
    );
  }
}

function digestOf(output: string): string {
  return findIn(output, /(?<=^Digest: )sha256:[0-9a-f]{64}$/m);
}
