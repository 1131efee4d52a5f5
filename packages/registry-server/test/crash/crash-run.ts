import { setTimeout as wait } from 'node:timers/promises';
import { verifyDirectory } from '../../src/storage/directory/verify-directory.js';
import { type AuditCount, audit } from './audit.js';
import { type Collected, ExpectedRegistry } from './expected-registry.js';
import { PushingClient } from './pushing-client.js';
import { RegistryConnection } from './registry-connection.js';
import { SeededRandom } from './seeded-random.js';
import { type CollectionSettings, ServerProcess } from './server-process.js';
import { Violation } from './violation.js';

const REPOSITORIES = ['app', 'team/app', 'team/app/deep'];
const CLIENTS = 8;
const LONGEST_LIFE_MS = 700;
/** Share of the kills that hit a server before it listens. */
const EARLY_KILLS = 0.15;
const LONGEST_START_MS = 250;

/** In the first half, nothing is old enough to be collected, and so nothing may be missing. */
const COLLECTIONS: readonly CollectionSettings[] = [
  { graceMs: 3_600_000, untagged: true },
  { graceMs: 3_600_000, untagged: true },
  { graceMs: 60, untagged: false },
  { graceMs: 200, untagged: true },
];

const NOTHING: Collected = { blobs: false, manifests: false };

export interface CrashRunOptions {
  readonly program: string;
  readonly directory: string;
  readonly seed: number;
}

/** One directory, and one server after the other over it. */
export class CrashRun {
  readonly #options: CrashRunOptions;
  readonly #random: SeededRandom;
  readonly expected = new ExpectedRegistry(REPOSITORIES);
  readonly #clients: readonly PushingClient[];
  /** What may have been collected since the last audit. */
  #collected: Collected = NOTHING;

  constructor(options: CrashRunOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => {
      return new PushingClient({ name: `c${index}`, expected: this.expected, random: this.#random.fork() });
    });
  }

  /** Lets one server start and die. @throws {Violation} */
  async kill(): Promise<void> {
    const random = this.#random;
    const settings = random.pick(COLLECTIONS);
    const { history } = this.expected;
    history.push(`start with ${JSON.stringify(settings)}`);
    const server = this.#start(settings);
    if (random.chance(EARLY_KILLS)) {
      await wait(random.integer(0, LONGEST_START_MS));
      history.push('kill early');
      return server.kill();
    }
    const connection = new RegistryConnection(await server.port());
    await this.#audit(connection);
    const collects = settings.graceMs < LONGEST_LIFE_MS;
    this.#collected = { blobs: collects, manifests: collects && settings.untagged };
    server.startCollecting();
    await this.#workUntilKilled(server, connection);
    if (server.stderr !== '') throw new Violation(`the server complains: ${server.stderr}`);
  }

  /** What happened to the things that a text names and to those around them, and when servers were started and killed. */
  eventsAbout(text: string): readonly string[] {
    const { history } = this.expected;
    const isAbout = (event: string, names: readonly string[]) => names.some((name) => event.includes(name));
    const near = namesIn(text);
    const around = history.filter((event) => isAbout(event, near)).flatMap(namesIn);
    return history.filter((event) => /^(?:start with|kill)/.test(event) || isAbout(event, around));
  }

  /** Starts a last server, looks at everything, and stops it as one should. */
  async finish(): Promise<AuditCount> {
    const server = this.#start({ graceMs: 3_600_000, untagged: false });
    const count = await this.#audit(new RegistryConnection(await server.port()));
    const status = await server.stop();
    if (status !== 0) throw new Violation(`the server ended with ${status}: ${server.stderr}`);
    await this.#verify();
    return count;
  }

  #start(settings: CollectionSettings): ServerProcess {
    return new ServerProcess(this.#options.program, this.#options.directory, settings);
  }

  async #workUntilKilled(server: ServerProcess, connection: RegistryConnection): Promise<void> {
    const working = Promise.all(this.#clients.map((client) => client.work(connection, this.#collected)));
    const life = wait(this.#random.integer(1, LONGEST_LIFE_MS), false);
    try {
      const isOver = await Promise.race([working.then(() => true), life]);
      if (isOver) throw new Violation('the server is gone before it was killed');
    } finally {
      this.expected.history.push('kill');
      await server.kill();
    }
    await working;
  }

  async #audit(connection: RegistryConnection): Promise<AuditCount> {
    await this.#verify();
    const count = await audit(connection, this.expected, this.#collected);
    this.#collected = NOTHING;
    return count;
  }

  async #verify(): Promise<void> {
    for await (const finding of verifyDirectory(this.#options.directory)) {
      throw new Violation(`verify finds ${JSON.stringify(finding)}`);
    }
  }
}

/** Digests, uploads and tags of clients. */
function namesIn(text: string): readonly string[] {
  return text.match(/sha\d+:[0-9a-f]{64,}|[0-9a-f]{8}(?:-[0-9a-f]+){4}|c\d-\d/g) ?? [];
}
