/** `quinistry serve`: listens at once, builds the image meanwhile, and serves it until it is told to stop. */
import type { RunningServer } from '../node-server.js';
import { createQuineStorage } from '../quine/quine-storage.js';
import { createRegistry } from '../registry.js';
import type { CommandContext } from './command-context.js';
import { EXIT_STATUS } from './exit-status.js';
import type { ServeOptions } from './serve-options.js';
import { ServeStory } from './serve-story.js';
import { receiveStopSignals, type StopRequest, type StopSignal, signalExitStatus } from './stop-signals.js';
import { VERSION } from './version.js';

/** Docker kills ten seconds after it has asked to stop. Requests get most of that, and nothing outlasts the deadline. */
const CLOSE_TIMEOUT_MS = 8_000;
export const STOP_DEADLINE_MS = 9_000;

/** Those who wait for an image that cannot be built get their answers; nothing else is waited for. */
const FAILURE_CLOSE_TIMEOUT_MS = 1_000;

/**
 * @returns the exit status.
 * @throws {ListenError} where it cannot listen; what {@link CommandContext.buildQuine} throws.
 */
export async function serve(options: ServeOptions, context: CommandContext): Promise<number> {
  // Before anything else, so that there is no moment at which the server cannot be stopped.
  const stop = receiveStopSignals(context.signals);
  const story = new ServeStory(options, context.stdout);
  const over = new AbortController();
  try {
    return await listenAndServe(options, context, { stop, story, signal: over.signal });
  } finally {
    over.abort();
    story.end();
    stop.dispose();
  }
}

interface ServeState {
  readonly stop: StopRequest;
  readonly story: ServeStory;
  /** Aborts when everything is over. */
  readonly signal: AbortSignal;
}

async function listenAndServe(
  { host, port }: ServeOptions,
  { application, buildQuine, startServer }: CommandContext,
  { stop, story, signal }: ServeState,
): Promise<number> {
  let startBuilding = () => {};
  const listening = new Promise<void>((resolve) => {
    startBuilding = resolve;
  });
  const quine = listening.then(() =>
    story.tellBuild((onProgress) => buildQuine({ application, version: VERSION, onProgress, signal })),
  );
  const { onResponse, onError } = story.requests;
  const registry = createRegistry({ storage: createQuineStorage(quine), onResponse, onError });

  story.tellStart();
  const server = await Promise.race([startServer({ registry, host, port, onError }), stop.asked]);
  if (typeof server === 'string') return EXIT_STATUS.success; // a host name can take long to look up
  story.tellAddress(host, server.port);
  startBuilding();

  return finish(server, await stopReason(quine, server, stop), { stop, story, signal });
}

/** Waits for as long as there is something to serve. */
async function stopReason(quine: Promise<unknown>, server: RunningServer, stop: StopRequest): Promise<StopSignal> {
  try {
    return await Promise.race([stop.asked, quine.then(() => stop.asked)]);
  } catch (error) {
    await server.close({ timeoutMs: FAILURE_CLOSE_TIMEOUT_MS });
    throw error;
  }
}

/** Requests end, among them those that wait for the image, which goes on being built for them. */
async function finish(server: RunningServer, reason: StopSignal, { stop, story }: ServeState): Promise<number> {
  story.tellStop(reason);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_DEADLINE_MS);
  });
  const closed = server.close({ timeoutMs: CLOSE_TIMEOUT_MS });
  const insisted = await Promise.race([closed, deadline, stop.insisted]);
  clearTimeout(timer);
  return typeof insisted === 'string' ? signalExitStatus(insisted) : EXIT_STATUS.success;
}
