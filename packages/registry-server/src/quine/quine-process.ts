/**
 * Building the image in a process of its own, beside a server that others push to: they do not wait for it, and the memory
 * that it takes, as much as the whole server needs, goes when it ends.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Layer, OciError, type OciErrorCode } from '@quinistry/oci-image';
import type { Platform } from '@quinistry/oci-image/spec';
import { ScratchBlobStore } from '../storage/directory/scratch-blob-store.js';
import { StorageError, type StorageErrorCode } from '../storage/storage-error.js';
import {
  type BuildQuineOptions,
  buildQuineLayers,
  composeQuine,
  type Quine,
  type QuineLayers,
  type QuineProgress,
} from './build-quine.js';

/** In the place of a command; it is none, for it does nothing without the server that started it. */
const TASK = 'build-image-for-server';

interface QuineTask extends Pick<BuildQuineOptions, 'application' | 'version' | 'executable'> {
  readonly directory: string;
}

interface SentLayer extends Pick<Layer<'oci'>, 'descriptor' | 'diffId'> {
  readonly path: string;
}

interface SentLayers {
  readonly platform: Platform;
  readonly runtime: SentLayer;
  readonly application: SentLayer;
}

/** Errors lose their classes on the way. */
type SentError =
  | { readonly kind: 'oci'; readonly code: OciErrorCode; readonly message: string }
  | { readonly kind: 'storage'; readonly code: StorageErrorCode; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

type Message = { readonly progress: QuineProgress } | { readonly layers: SentLayers } | { readonly error: SentError };

/** Whether this is the process that builds, and is to do nothing else. */
export function isQuineProcess(): boolean {
  return process.argv[2] === TASK && process.send !== undefined;
}

/** What that process does. It ends with the server, or once the server has what was built. */
export async function runQuineProcess(): Promise<void> {
  const send = (message: Message) => process.send?.(message);
  process.on('disconnect', () => process.exit());
  const { directory, ...task }: QuineTask = JSON.parse(process.argv[3] ?? '{}');
  try {
    const store = new ScratchBlobStore(directory);
    const { platform, runtime, application } = await buildQuineLayers({
      ...task,
      store,
      onProgress: (progress) => send({ progress }),
    });
    send({ layers: { platform, runtime: sentLayer(runtime, store), application: sentLayer(application, store) } });
  } catch (error) {
    send({ error: sentError(error) });
  }
}

/**
 * Builds the image with the program at `application`, which calls {@link runQuineProcess} where it is told to.
 *
 * @throws as `buildQuine` does; {@link StorageError} `NO_SPACE`.
 */
export async function buildQuineApart(
  options: BuildQuineOptions & { readonly store: ScratchBlobStore },
): Promise<Quine> {
  return composeQuine(await layersFromProcess(options), options);
}

async function layersFromProcess({
  store,
  onProgress,
  signal,
  ...task
}: BuildQuineOptions & { readonly store: ScratchBlobStore }): Promise<QuineLayers> {
  signal?.throwIfAborted();
  const { application, version, executable } = task;
  const sent: QuineTask = { directory: store.directory, application, version, executable };
  const child = fork(application, [TASK, JSON.stringify(sent)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  const received = new Promise<SentLayers>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('progress' in message) onProgress?.(message.progress);
      else if ('layers' in message) resolve(message.layers);
      else reject(receivedError(message.error));
    });
  });
  const ended = once(child, 'exit').then(([status, name]) => {
    throw new Error(`the process that built the image ended with ${name ?? `status ${status}`}`);
  });
  try {
    const { platform, runtime, application } = await Promise.race([received, ended]);
    return {
      platform,
      runtime: await adopted(runtime, store),
      application: await adopted(application, store),
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

function sentLayer({ descriptor, diffId }: Layer<'oci'>, store: ScratchBlobStore): SentLayer {
  return { descriptor, diffId, path: store.path(descriptor.digest) };
}

async function adopted({ descriptor, diffId, path }: SentLayer, store: ScratchBlobStore): Promise<Layer<'oci'>> {
  await store.adopt(descriptor, path);
  return { family: 'oci', descriptor, diffId, store };
}

function sentError(error: unknown): SentError {
  if (error instanceof OciError) return { kind: 'oci', code: error.code, message: error.message };
  if (error instanceof StorageError) return { kind: 'storage', code: error.code, message: error.message };
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) };
}

function receivedError(sent: SentError): Error {
  if (sent.kind === 'oci') return new OciError(sent.code, sent.message);
  if (sent.kind === 'storage') return new StorageError(sent.code, sent.message);
  return new Error(sent.message);
}
