/** A registry as a process of its own, over a directory, watched from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatHead, HttpConnection } from './http-connection.js';

const QUINISTRY = fileURLToPath(new URL('../packages/registry-server/dist/quinistry.mjs', import.meta.url));

const START_ATTEMPT_MS = 5;
const START_ATTEMPTS = 2000;

/** @typedef {'quinistry' | 'docker-registry'} Program */

export class RegistryProcess {
  #child;

  /**
   * @param {Program} program
   * @param {string} directory
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port
   */
  constructor(program, directory, child, port) {
    this.#child = child;
    this.program = program;
    this.directory = directory;
    this.port = port;
  }

  /**
   * Resolves when the path is served. What a registry logs goes nowhere, but it is logged.
   *
   * @param {Program} program
   * @param {string} directory
   * @param {string} [path] that answers 200 once the server has started
   */
  static async start(program, directory, path = '/v2/') {
    const port = await freePort();
    const [command, ...args] = program === 'quinistry' ? quinistry(directory, port) : dockerRegistry(directory, port);
    const child = spawn(/** @type {string} */ (command), args, { stdio: ['ignore', 'ignore', 'ignore'] });
    const server = new RegistryProcess(program, directory, child, port);
    for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null; attempt++) {
      if (await answers(port, path)) return server;
      await wait(START_ATTEMPT_MS);
    }
    child.kill('SIGKILL');
    throw new Error(`${program} does not serve ${path}`);
  }

  /** Memory counts from here. */
  resetPeakMemory() {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, '5');
  }

  /** Most memory that was resident since the start or the reset, in bytes. */
  peakMemory() {
    return this.#memory('VmHWM');
  }

  memory() {
    return this.#memory('VmRSS');
  }

  /** Waits until a server has nothing left to do: what it does after its start would be counted as what comes next. */
  async settle() {
    for (let before = -1, now = this.#processorTicks(); now !== before; ) {
      await wait(500);
      before = now;
      now = this.#processorTicks();
    }
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** @param {string} field */
  #memory(field) {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const [, kibibytes] = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status) ?? [];
    return Number(kibibytes) * 1024;
  }

  #processorTicks() {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Math.floor((Number(fields[11]) + Number(fields[12])) / 3);
  }
}

/**
 * @param {string} directory
 * @param {number} port
 */
function quinistry(directory, port) {
  const command = process.env.QUINISTRY ?? QUINISTRY;
  return [process.execPath, command, 'serve', '--port', String(port), '--storage', directory, '--allow-anonymous-push'];
}

/**
 * As Debian sets it up, but for the address, the directory and the login. JSON is YAML.
 *
 * @param {string} directory
 * @param {number} port
 */
function dockerRegistry(directory, port) {
  const file = join(directory, 'configuration.yml');
  const configuration = {
    version: 0.1,
    storage: {
      cache: { blobdescriptor: 'inmemory' },
      filesystem: { rootdirectory: join(directory, 'registry') },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${port}`, headers: { 'X-Content-Type-Options': ['nosniff'] } },
  };
  writeFileSync(file, JSON.stringify(configuration));
  return ['docker-registry', 'serve', file];
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * @param {number} port
 * @param {string} path
 */
async function answers(port, path) {
  const connection = await HttpConnection.open(port).catch(() => undefined);
  if (connection === undefined) return false;
  try {
    return (await connection.request(formatHead('GET', path))).status === 200;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}
