/** A container registry as a function from a web-standard request to its response, and Node's HTTP server around it. */

export { type AccessOptions, type AccessOptionsInput, accessOptionsSchema } from './access/access-options.js';
export { type OpenAccess, openAccessControl } from './access/open-access-control.js';
export type { TokenEndpoint } from './access/token-endpoint.js';
export { TrustedProxies } from './client/trusted-proxies.js';
export type { RegistryObserver } from './exchange.js';
export type { CorsOptions } from './http/cors.js';
export type { Transport, TransportRequest } from './http/transport.js';
export {
  DEFAULT_CLOSE_TIMEOUT_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  ListenError,
  type RunningServer,
  type ServerOptions,
  startServer,
  type TlsCredentials,
} from './node-server.js';
export {
  type AccessControl,
  type AccessScope,
  ANYBODY,
  type Authentication,
  type ChallengeContext,
  type Credentials,
  type Identity,
  type RegistryAction,
} from './policy/access-control.js';
export {
  DEFAULT_MAX_MANIFEST_BYTES,
  DEFAULT_MAX_UPLOADS,
  DEFAULT_MAX_UPLOADS_PER_CLIENT,
  type Limits,
  type PolicyOptions,
} from './policy/registry-policy.js';
export { createRegistry, type Registry, type RegistryOptions } from './registry.js';
export type { RegistryEvent } from './registry-event.js';
export type { FailureContext, ResponseEvent, ResponseKind } from './response-event.js';
export {
  type DirectoryStore,
  type DirectoryStoreOptions,
  openDirectoryStore,
} from './storage/directory/directory-store.js';
export type { Finding } from './storage/directory/finding.js';
export { verifyDirectory } from './storage/directory/verify-directory.js';
export type { VerifyOptions } from './storage/directory/verify-layout.js';
export { createImageStorage, type TaggedImage, type TaggedImages } from './storage/image-storage.js';
export { createLayeredStore, type Overlay } from './storage/layered-storage.js';
export { createMemoryStore, type MemoryStoreOptions } from './storage/memory/memory-store.js';
export type { Page, RegistryStorage, StoredBlob, StoredManifest } from './storage/registry-storage.js';
export type {
  AppendOptions,
  CollectOptions,
  Garbage,
  RegistryStore,
  Upload,
  WriteManifestOptions,
} from './storage/registry-store.js';
export { StorageError, type StorageErrorCode, type StorageErrorDetail } from './storage/storage-error.js';
