import type { Container, Engine, Pulled, RunImageOptions } from './engine.js';
import { run } from './process.js';
import type { Scope } from './scope.js';

const HARDENED = [
  '--read-only',
  ...['--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges'],
  ...['--user', '65532'],
];

/** An engine that understands the command line of Docker; what differs is for its subclass to say. */
export abstract class CommandLineEngine implements Engine {
  readonly #scope: Scope;
  readonly #command: readonly [file: string, ...args: string[]];
  readonly #env: NodeJS.ProcessEnv | undefined;

  protected constructor(
    scope: Scope,
    command: readonly [file: string, ...args: string[]],
    env?: NodeJS.ProcessEnv | undefined,
  ) {
    this.#scope = scope;
    this.#command = command;
    this.#env = env;
  }

  abstract pull(reference: string): Promise<Pulled>;

  /** How an image is run so that it answers on `port` of 127.0.0.1. */
  protected abstract publish(port: number): { readonly options: readonly string[]; readonly args: readonly string[] };

  /** Runs one command of the engine: `command('image', 'ls')`. */
  command(...args: readonly string[]): Promise<string> {
    const [file, ...first] = this.#command;
    return run(file, [...first, ...args], { env: this.#env });
  }

  async run(reference: string, { port, isHardened = false }: RunImageOptions): Promise<Container> {
    const { options, args } = this.publish(port);
    const hardened = isHardened ? HARDENED : [];
    const id = await this.command('run', '--detach', ...options, ...hardened, reference, ...args);
    this.#scope.defer(() => this.command('rm', '--force', id));
    return {
      pid: Number(await this.command('inspect', '--format', '{{.State.Pid}}', id)),
      readOutput: () => this.command('logs', id),
      stop: async () => {
        await this.command('stop', id);
        return Number(await this.command('inspect', '--format', '{{.State.ExitCode}}', id));
      },
    };
  }
}
