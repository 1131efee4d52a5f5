/** `quinistry serve`: listens at once, builds the image meanwhile, and serves until it is told to stop. */
import { TrustedProxies } from '../client/trusted-proxies.js';
import type { Configuration } from '../config/configuration.js';
import type { RunningServer } from '../node-server.js';
import { createFrontDoor } from '../operations/front-door.js';
import { Health } from '../operations/health.js';
import { RequestsInFlight } from '../operations/requests-in-flight.js';
import type { Quine } from '../quine/build-quine.js';
import { StorageError } from '../storage/storage-error.js';
import type { CommandContext } from './command-context.js';
import { type Companion, startCompanions } from './companions.js';
import { EXIT_STATUS } from './exit-status.js';
import { ServeStory } from './serve-story.js';
import { createServedRegistry } from './served-registry.js';
import { openServerParts, type ServerParts } from './server-parts.js';
import { receiveStopSignals, type StopRequest, type StopSignal, signalExitStatus } from './stop-signals.js';
import { VERSION } from './version.js';

/** Docker kills ten seconds after it has asked to stop. Requests get most of that, and nothing outlasts the deadline. */
const CLOSE_TIMEOUT_MS = 7_500;
export const STOP_DEADLINE_MS = 9_000;

/** Those who wait for an image that cannot be built get their answers; nothing else is waited for. */
const FAILURE_CLOSE_TIMEOUT_MS = 1_000;

/**
 * @param loading - is waited for in here, for signals have to be heard meanwhile.
 * @returns the exit status.
 * @throws {ListenError} where it cannot listen; what `loading`, {@link openServerParts} and {@link CommandContext.buildQuine} throw.
 */
export async function serve(loading: Promise<Configuration>, context: CommandContext): Promise<number> {
  // Before anything else, so that there is no moment at which the server cannot be stopped.
  const stop = receiveStopSignals(context.signals);
  const over = new AbortController();
  try {
    const configuration = await loading;
    const story = new ServeStory(configuration.log, context.stdout);
    try {
      story.tellStart();
      const parts = await Promise.race([openServerParts(configuration, story), stop.asked]);
      if (typeof parts === 'string') return EXIT_STATUS.success; // what is being opened survives the end of the process
      return await new Service(configuration, context, parts, { stop, story, signal: over.signal }).run();
    } finally {
      story.end();
    }
  } finally {
    over.abort();
    stop.dispose();
  }
}

interface ServiceState {
  readonly stop: StopRequest;
  readonly story: ServeStory;
  /** Aborts when everything is over. */
  readonly signal: AbortSignal;
}

/** One life of the server, from listening to the end. */
class Service {
  readonly #configuration: Configuration;
  readonly #context: CommandContext;
  readonly #parts: ServerParts;
  readonly #state: ServiceState;
  readonly #health = new Health(['image']);
  readonly #requests = new RequestsInFlight();
  readonly #companions: Companion[] = [];

  constructor(configuration: Configuration, context: CommandContext, parts: ServerParts, state: ServiceState) {
    this.#configuration = configuration;
    this.#context = context;
    this.#parts = parts;
    this.#state = state;
  }

  async run(): Promise<number> {
    let startBuilding = () => {};
    const listening = new Promise<void>((resolve) => {
      startBuilding = resolve;
    });
    const quine = listening.then(() => this.#buildQuine());
    const server = await this.#orClose(Promise.race([this.#listen(quine), this.#state.stop.asked]));
    if (typeof server === 'string') {
      // A host name can take long to look up.
      await this.#parts.store?.close();
      return EXIT_STATUS.success;
    }
    await this.#orClose(this.#accompany(server));
    startBuilding();
    return this.#finish(server, await this.#orClose(this.#stopReason(quine, server)));
  }

  /** What fails must not leave the store open. */
  async #orClose<T>(outcome: Promise<T>): Promise<T> {
    try {
      return await outcome;
    } catch (error) {
      await this.#parts.store?.close();
      throw error;
    }
  }

  #listen(quine: Promise<Quine>): Promise<RunningServer> {
    const { host, port, idleTimeout: idleTimeoutMs, trustedProxies } = this.#configuration.server;
    const { tls, access } = this.#parts;
    const { log, requests } = this.#state.story;
    const served = createServedRegistry(quine, this.#configuration, { parts: this.#parts, requests });
    const registry = createFrontDoor({
      registry: this.#requests.follow(served),
      health: this.#health,
      tokens: access?.tokens,
      cors: this.#configuration.cors,
      proxies: new TrustedProxies(trustedProxies),
      log,
    });
    return this.#context.startServer({ registry, host, port, tls, idleTimeoutMs, onError: requests.onError });
  }

  async #accompany(server: RunningServer): Promise<void> {
    const { story } = this.#state;
    const { host, tls } = this.#configuration.server;
    story.tellAddress({ host, port: server.port, secure: tls !== undefined });
    const parts = this.#parts;
    const surroundings = { server, parts, health: this.#health, story, startServer: this.#context.startServer };
    try {
      this.#companions.push(...(await startCompanions(this.#configuration, surroundings)));
    } catch (error) {
      await server.close({ timeoutMs: 0 });
      throw error;
    }
  }

  async #buildQuine(): Promise<Quine> {
    const { application, buildQuine, buildQuineApart } = this.#context;
    const { story, signal } = this.#state;
    const { scratch } = this.#parts;
    const quine = await story.tellBuild((onProgress) => {
      const options = { application, version: VERSION, onProgress, signal };
      if (scratch === undefined) return buildQuine(options);
      return buildQuineApart({ ...options, store: scratch }).catch((error) => {
        // A disk that is full today may have room for pushes tomorrow, and the image is built only now.
        if (error instanceof StorageError && error.code === 'NO_SPACE') return buildQuine(options);
        throw error;
      });
    });
    this.#health.settle('image');
    return quine;
  }

  /** Waits for as long as there is something to serve. */
  async #stopReason(quine: Promise<unknown>, server: RunningServer): Promise<StopSignal> {
    const { stop, story } = this.#state;
    try {
      return await Promise.race([stop.asked, quine.then(() => stop.asked)]);
    } catch (error) {
      if (this.#parts.store === undefined) {
        await server.close({ timeoutMs: FAILURE_CLOSE_TIMEOUT_MS });
        throw error;
      }
      // What people keep here is worth more than an image that can be had elsewhere.
      story.log.error({ err: error }, 'serving without the image of this server');
      this.#health.settle('image');
      return stop.asked;
    }
  }

  /** Requests end, among them those that wait for the image, which goes on being built for them. */
  async #finish(server: RunningServer, reason: StopSignal): Promise<number> {
    const { stop, story } = this.#state;
    story.tellStop(reason);
    this.#health.stop();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_DEADLINE_MS);
    });
    const insisted = await Promise.race([this.#close(server), deadline, stop.insisted]);
    clearTimeout(timer);
    return typeof insisted === 'string' ? signalExitStatus(insisted) : EXIT_STATUS.success;
  }

  /** Uploads that are cut stay where they are: their sessions go on after the next start. */
  async #close(server: RunningServer): Promise<void> {
    await server.close({ timeoutMs: CLOSE_TIMEOUT_MS });
    const { store } = this.#parts;
    // The last requests may have changed something, and that is to be told.
    if (store !== undefined) await this.#requests.end();
    await Promise.all(this.#companions.map((companion) => companion.stop()));
    await store?.close();
    await this.#parts.scratch?.close();
  }
}
