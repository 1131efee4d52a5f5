import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBridge } from './bridge.js';
import { CommandLineEngine } from './command-line-engine.js';
import { Containerd } from './containerd.js';
import type { Pulled } from './engine.js';
import { BackgroundProcess } from './process.js';
import type { Scope } from './scope.js';
import { memoryFolder } from './temporary-folder.js';

/** The port that the image exposes. */
const EXPOSED_PORT = 8080;

/**
 * A dockerd beside whichever one the machine has: own folders, own socket, own containerd, own bridge. The machine's
 * packet filter and forwarding stay as they are; its proxy in user space is enough to publish a port.
 */
export class DockerDaemon extends CommandLineEngine {
  private constructor(scope: Scope, socket: string, clientConfiguration: string) {
    super(scope, ['docker', '--host', socket], { DOCKER_CONFIG: clientConfiguration });
  }

  static async start(scope: Scope): Promise<DockerDaemon> {
    const folder = await memoryFolder(scope, 'dockerd');
    // An empty one of each: the machine's daemon.json may contradict the options, the user's may name a context.
    const configuration = join(folder, 'daemon.json');
    await writeFile(configuration, '{}');
    const clientConfiguration = join(folder, 'client');
    await mkdir(clientConfiguration);

    const containerd = await Containerd.start(scope);
    const socket = `unix://${join(folder, 'docker.sock')}`;
    const daemon = new BackgroundProcess(scope, 'dockerd', [
      ...['--config-file', configuration],
      ...['--host', socket],
      ...['--data-root', join(folder, 'data')],
      ...['--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'dockerd.pid')],
      ...['--containerd', containerd.address],
      ...['--bridge', await createBridge(scope)],
      ...['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false', '--userland-proxy=true'],
    ]);
    const docker = new DockerDaemon(scope, socket, clientConfiguration);
    await daemon.waitUntil(() =>
      docker.command('version').then(
        () => true,
        () => false,
      ),
    );
    return docker;
  }

  override async pull(reference: string): Promise<Pulled> {
    const output = await this.command('pull', reference);
    const digest = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(output)?.[1];
    if (digest === undefined) throw new Error(`docker pull ${reference} tells no digest:\n${output}`);
    return { digest, output };
  }

  protected override publish(port: number) {
    return { options: ['--publish', `127.0.0.1:${port}:${EXPOSED_PORT}`], args: [] };
  }
}
