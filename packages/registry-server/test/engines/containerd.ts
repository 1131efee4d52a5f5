import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUINE_PATHS } from '../../src/quine/quine-paths.js';
import { type Container, type Engine, type Pulled, type RunImageOptions, serveOn } from './engine.js';
import { BackgroundProcess, run, succeeds } from './process.js';
import type { Scope } from './scope.js';
import { memoryFolder } from './temporary-folder.js';

/** Off: what listens on fixed addresses or writes outside of the folders given. By the names of 1.x and of 2.x. */
const CONFIGURATION = `version = 2
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt",
  "io.containerd.nri.v1.nri",
]
`;

/** What containerd leaves a container by default; `ctr` drops capabilities one by one. */
const DEFAULT_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/** The image names its user, and gaining privileges is off by default. */
const HARDENED = ['--read-only', ...DEFAULT_CAPABILITIES.flatMap((capability) => ['--cap-drop', capability])];

/** A containerd with folders and a socket of its own, spoken to with `ctr`. */
export class Containerd implements Engine {
  readonly #scope: Scope;
  readonly #folder: string;

  private constructor(scope: Scope, folder: string) {
    this.#scope = scope;
    this.#folder = folder;
  }

  static async start(scope: Scope): Promise<Containerd> {
    const folder = await memoryFolder(scope, 'ctrd');
    const containerd = new Containerd(scope, folder);
    const configuration = join(folder, 'config.toml');
    await writeFile(configuration, CONFIGURATION);
    const daemon = new BackgroundProcess(scope, 'containerd', [
      ...['--config', configuration],
      ...['--address', containerd.address],
      ...['--root', join(folder, 'root')],
      ...['--state', join(folder, 'state')],
    ]);
    await daemon.waitUntil(() => succeeds('ctr', ['--address', containerd.address, 'version']));
    return containerd;
  }

  /** The path of its socket. */
  get address(): string {
    return join(this.#folder, 'containerd.sock');
  }

  ctr(...args: readonly string[]): Promise<string> {
    return run('ctr', ['--address', this.address, ...args]);
  }

  async pull(reference: string): Promise<Pulled> {
    const output = await this.ctr('image', 'pull', '--plain-http', reference);
    const row = await this.ctr('image', 'list', `name==${reference}`);
    const digest = /(?<=\s)sha256:[0-9a-f]{64}(?=\s)/.exec(row)?.[0];
    if (digest === undefined) throw new Error(`ctr lists no digest for ${reference}:\n${row}`);
    return { digest, output };
  }

  /** On the network of the machine: containerd leaves it to others to publish the port of a container. */
  async run(reference: string, { port, isHardened = false }: RunImageOptions): Promise<Container> {
    // runc keeps what it knows of containers in one place for the whole machine, whatever containerd is told.
    const id = `quine-${randomUUID()}`;
    const pidFile = join(this.#folder, `${id}.pid`);
    this.#scope.defer(() => succeeds('ctr', ['--address', this.address, 'task', 'delete', '--force', id]));
    // In the foreground: it passes signals on, and exits as the container does.
    const foreground = new BackgroundProcess(this.#scope, 'ctr', [
      ...['--address', this.address, 'run', '--rm', '--net-host', '--pid-file', pidFile],
      ...(isHardened ? HARDENED : []),
      ...[reference, id],
      // These stand in place of the image's entrypoint and command, both.
      ...[QUINE_PATHS.node, QUINE_PATHS.application, ...serveOn(port)],
    ]);
    let pid = 0;
    await foreground.waitUntil(async () => {
      pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
      return pid > 0;
    });
    return {
      pid,
      readOutput: async () => foreground.output,
      stop: async () => (await foreground.stop())?.code ?? -1,
    };
  }
}
