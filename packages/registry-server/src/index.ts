/** A container registry as a function from a web-standard request to its response, and Node's HTTP server around it. */
export type { RegistryObserver } from './exchange.js';
export type { Transport } from './http/transport.js';
export {
  DEFAULT_CLOSE_TIMEOUT_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  ListenError,
  type RunningServer,
  type ServerOptions,
  startServer,
} from './node-server.js';
export { createRegistry, type Registry, type RegistryOptions } from './registry.js';
export type { FailureContext, ResponseEvent, ResponseKind } from './response-event.js';
export { createImageStorage, type TaggedImage, type TaggedImages } from './storage/image-storage.js';
export type { Page, RegistryStorage, StoredBlob, StoredManifest } from './storage/registry-storage.js';
