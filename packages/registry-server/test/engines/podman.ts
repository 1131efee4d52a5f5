import { join } from 'node:path';
import { writeEmptyLogins } from './auth-file.js';
import { CommandLineEngine } from './command-line-engine.js';
import { type Pulled, serveOn } from './engine.js';
import type { Scope } from './scope.js';
import { memoryFolder } from './temporary-folder.js';

/** podman as root, with folders of its own. There is no daemon. */
export class Podman extends CommandLineEngine {
  private constructor(scope: Scope, folder: string, env: NodeJS.ProcessEnv) {
    const command = [
      'podman',
      ...['--root', join(folder, 'root')],
      ...['--runroot', join(folder, 'run')],
      ...['--tmpdir', join(folder, 'tmp')],
      ...['--cgroup-manager', 'cgroupfs'], // The other one needs a systemd that is running.
      ...['--events-backend', 'file'],
    ] as const;
    super(scope, command, env);
  }

  static async start(scope: Scope): Promise<Podman> {
    const folder = await memoryFolder(scope, 'podman');
    return new Podman(scope, folder, await writeEmptyLogins(folder));
  }

  override async pull(reference: string): Promise<Pulled> {
    const output = await this.command('pull', '--tls-verify=false', reference);
    return { digest: await this.command('image', 'inspect', '--format', '{{.Digest}}', reference), output };
  }

  /** On the network of the machine: a bridge of podman's would add rules to the machine's packet filter. */
  protected override publish(port: number) {
    return {
      // Left alone, podman raises both limits to the kernel's maximum, which a sandbox may refuse even to root.
      options: ['--network', 'host', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
      args: serveOn(port),
    };
  }
}
