import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const ENTRY = fileURLToPath(new URL('./server-entry.ts', import.meta.url));

/** Bundles the server into `folder`, since Node.js 20 runs no TypeScript. @returns the path of the program. */
export async function bundleServer(folder: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: { server: ENTRY },
    outDir: folder,
    format: 'esm',
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/^(?!@napi-rs\/)/],
    external: ['@napi-rs/xattr'],
    splitting: false,
    esbuildOptions: (options) => {
      options.conditions = ['@quinistry/source', 'module', 'node', 'import'];
    },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return `${folder}/server.mjs`;
}

export interface CollectionSettings {
  readonly graceMs: number;
  readonly untagged: boolean;
}

/** A server that runs until it is killed or asked to stop. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown>;
  readonly #port: Promise<number>;
  /** What it complained of. */
  stderr = '';

  constructor(program: string, directory: string, { graceMs, untagged }: CollectionSettings) {
    const args = [program, directory, String(graceMs), untagged ? 'untagged' : ''];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#end = once(child, 'close');
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#port = Promise.race([
      once(child.stdout, 'data').then(([text]) => Number(String(text))),
      this.#end.then(() => {
        throw new Error(`the server ended before it listened: ${this.stderr}`);
      }),
    ]);
    this.#port.catch(() => {});
  }

  /** Resolves once it listens. */
  port(): Promise<number> {
    return this.#port;
  }

  /** From now on, garbage is collected all the time. */
  startCollecting(): void {
    this.#child.kill('SIGUSR2');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#end;
  }

  /** @returns the exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#end;
    return this.#child.exitCode;
  }
}
