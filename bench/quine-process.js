/** The command `quinistry serve` as a process of its own, watched from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../packages/registry-server/dist/quinistry.mjs', import.meta.url));

/** @typedef {{ size: number, digest: string }} Descriptor */

export class QuineProcess {
  #child;
  #origin;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} origin
   */
  constructor(child, origin) {
    this.#child = child;
    this.#origin = origin;
  }

  static async start() {
    const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', '--log-format', 'json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Read to the end: a log that nobody reads would block the server.
    const lines = createInterface({ input: child.stdout });
    /** @type {string} */
    const origin = await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const { url } = JSON.parse(line);
        if (url !== undefined) resolve(url);
      });
      lines.on('close', () => reject(new Error('quinistry serve ended; has it been built (npm run build)?')));
    });
    return new QuineProcess(child, origin);
  }

  /**
   * Waits until it has been served: the server listens before the image is there.
   *
   * @returns {Promise<{ bytes: number, config: Descriptor, layers: Descriptor[] }>}
   */
  async pullManifest() {
    const response = await this.#get('manifests/latest');
    const text = await response.text();
    return { bytes: Buffer.byteLength(text), ...JSON.parse(text) };
  }

  /**
   * Everything, one after the other.
   *
   * @returns {Promise<number>} bytes
   */
  async pull() {
    const { bytes, config, layers } = await this.pullManifest();
    let pulled = bytes;
    for (const { digest, size } of [config, ...layers]) {
      const received = await countBytes(await this.#get(`blobs/${digest}`));
      if (received !== size) throw new Error(`${digest} has ${received} bytes where ${size} were expected`);
      pulled += received;
    }
    return pulled;
  }

  /** The most memory that was ever resident, in bytes. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    return Number(kibibytes) * 1024;
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** @param {string} path */
  async #get(path) {
    const response = await fetch(`${this.#origin}/v2/quinistry/${path}`);
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}`);
    return response;
  }
}

/** @param {Response} response */
async function countBytes(response) {
  let bytes = 0;
  if (response.body !== null) for await (const chunk of response.body) bytes += chunk.byteLength;
  return bytes;
}
