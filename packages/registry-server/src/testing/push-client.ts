import { digestOf } from '@quinistry/oci-image';
import { type Descriptor, MEDIA_TYPES, wireErrorSchema } from '@quinistry/oci-image/spec';
import { createRegistry, type RegistryOptions } from '../registry.js';
import type { RegistryEvent } from '../registry-event.js';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import type { RegistryStore } from '../storage/registry-store.js';

export interface PushClientOptions extends Partial<RegistryOptions> {
  readonly storage?: RegistryStore;
}

export interface SentOptions {
  readonly body?: RequestInit['body'] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The address that the connection comes from. */
  readonly peer?: string | undefined;
}

/** A client of a registry of its own, which is over an empty memory store unless told otherwise. */
export class PushClient {
  readonly store: RegistryStore;
  readonly events: RegistryEvent[] = [];
  readonly errors: unknown[] = [];
  readonly registry;

  constructor({ storage = createMemoryStore(), ...options }: PushClientOptions = {}) {
    this.store = storage;
    this.registry = createRegistry({
      storage,
      onEvent: (event) => this.events.push(event),
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  async send(method: string, target: string, { body, headers, peer }: SentOptions = {}): Promise<Response> {
    const stream = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
    const init = { method, headers: { ...headers }, ...(body !== undefined && { body }), ...stream };
    const request = new Request(`http://registry.test${target}`, init);
    return this.registry.fetch(request, { incoming: { socket: { remoteAddress: peer } } });
  }

  async startUpload(repository: string, headers?: SentOptions['headers']): Promise<string> {
    const response = await this.send('POST', `/v2/${repository}/blobs/uploads/`, { headers });
    return response.headers.get('Location') ?? `no Location: ${response.status}`;
  }

  /** @returns its descriptor, as the config or a layer of an image. */
  async pushBlob(repository: string, text: string, mediaType: string = MEDIA_TYPES.oci.layer): Promise<Descriptor> {
    const bytes = bytesOf(text);
    const digest = digestOf(bytes);
    await this.send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes });
    return { mediaType, digest, size: bytes.byteLength };
  }

  async putManifest(target: string, document: unknown, headers: SentOptions['headers'] = {}): Promise<Response> {
    const body = typeof document === 'string' ? document : JSON.stringify(document);
    return this.send('PUT', target, { body, headers: { 'Content-Type': MEDIA_TYPES.oci.manifest, ...headers } });
  }

  /** Pushes config, layer and manifest. @returns the manifest. */
  async pushImage(repository: string, tag: string, content = tag): Promise<Descriptor> {
    const document = await this.imageDocument(repository, content);
    const bytes = bytesOf(JSON.stringify(document));
    await this.putManifest(`/v2/${repository}/manifests/${tag}`, document);
    return { mediaType: MEDIA_TYPES.oci.manifest, digest: digestOf(bytes), size: bytes.byteLength };
  }

  /** Pushes what the document names, and not the document. */
  async imageDocument(repository: string, content: string, more: object = {}): Promise<Record<string, unknown>> {
    return {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.oci.manifest,
      config: await this.pushBlob(repository, `{"config":"${content}"}`, MEDIA_TYPES.oci.config),
      layers: [await this.pushBlob(repository, `layer ${content}`)],
      ...more,
    };
  }
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export async function errorCodes(response: Response): Promise<readonly string[]> {
  return wireErrorSchema.parse(await response.json()).errors.map(({ code }) => code);
}
