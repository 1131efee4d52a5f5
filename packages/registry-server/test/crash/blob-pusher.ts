/** Pushes blobs in all the ways that the protocol has, and goes on with uploads that broke off. */
import { setTimeout as wait } from 'node:timers/promises';
import { type BlobInfo, digestOf } from '@quinistry/oci-image';
import type { Digest } from '@quinistry/oci-image/spec';
import type { Collected, ExpectedRegistry, ExpectedUpload } from './expected-registry.js';
import type { Answer, RegistryConnection } from './registry-connection.js';
import type { SeededRandom } from './seeded-random.js';
import { demandStatus, Violation } from './violation.js';

const BUSY_ATTEMPTS = 100;
const BUSY_RETRY_MS = 20;

/** Below this, two clients might come up with the same bytes. */
const FEWEST_RANDOM_BYTES = 16;

/** The garbage collection took an upload that was left alone for too long. */
export class UploadCollected extends Error {
  override readonly name = 'UploadCollected';
}

export interface BlobPusherParts {
  readonly connection: RegistryConnection;
  readonly expected: ExpectedRegistry;
  readonly collected: Collected;
  readonly random: SeededRandom;
  /** Where it keeps account of uploads that are not at their end. */
  readonly uploads: Set<ExpectedUpload>;
}

export class BlobPusher {
  readonly #connection: RegistryConnection;
  readonly #expected: ExpectedRegistry;
  readonly #collected: Collected;
  readonly #random: SeededRandom;
  readonly #uploads: Set<ExpectedUpload>;

  constructor({ connection, expected, collected, random, uploads }: BlobPusherParts) {
    this.#connection = connection;
    this.#expected = expected;
    this.#collected = collected;
    this.#random = random;
    this.#uploads = uploads;
  }

  /** Mostly small, sometimes larger than what the server takes from a socket at once. */
  randomBytes(): Uint8Array<ArrayBuffer> {
    const most = this.#random.chance(0.2) ? 700_000 : 9_000;
    return this.#random.bytes(this.#random.integer(FEWEST_RANDOM_BYTES, most));
  }

  async push(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<BlobInfo> {
    if (this.#random.chance(0.6)) {
      const upload = await this.pushPart(repository, bytes);
      await this.finish(upload);
      return { digest: upload.digest, size: bytes.length };
    }
    const digest = this.#digestOf(bytes);
    await this.#pushWhole(repository, digest, bytes);
    return { digest, size: bytes.length };
  }

  #digestOf(bytes: Uint8Array): Digest {
    return digestOf(bytes, this.#random.chance(0.1) ? 'sha512' : 'sha256');
  }

  async #pushWhole(repository: string, digest: Digest, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const what = `push blob ${repository} ${digest} whole`;
    const attempt = this.#expected.attempt(what, [this.#expected.repository(repository).blob(digest).begin(true)]);
    const answer = await this.#connection.send('POST', `${uploadsPath(repository)}?digest=${digest}`, { body });
    demandStatus(answer, what, 201);
    attempt.acknowledge();
  }

  /** @returns whether `from` has it still. */
  async mount(repository: string, digest: Digest, from: string): Promise<boolean> {
    const what = `mount blob ${repository} ${digest} from ${from}`;
    const attempt = this.#expected.attempt(what, [this.#expected.repository(repository).blob(digest).begin(true)]);
    const answer = await this.#connection.send('POST', `${uploadsPath(repository)}?mount=${digest}&from=${from}`);
    demandStatus(answer, what, 201, 202);
    if (answer.status === 201) {
      attempt.acknowledge();
      return true;
    }
    attempt.refuse();
    await this.#connection.send('DELETE', locationOf(answer));
    return false;
  }

  /** Starts an upload and sends a part of it, perhaps over a connection that breaks off. */
  async pushPart(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<ExpectedUpload> {
    const digest = this.#digestOf(bytes);
    const what = `start upload ${repository} ${digest}`;
    const answer = await this.#connection.send('POST', uploadsPath(repository));
    demandStatus(answer, what, 202);
    const location = locationOf(answer);
    const upload: ExpectedUpload = {
      repository,
      location,
      bytes,
      digest,
      acknowledgedBytes: 0,
      sentBytes: 0,
      isBroken: false,
    };
    this.#expected.uploads.add(upload);
    this.#uploads.add(upload);
    this.#expected.history.push(`started ${location} for ${digest}, ${bytes.length} bytes`);
    for (let chunks = this.#random.integer(0, 3); chunks > 0 && upload.sentBytes < bytes.length; chunks--) {
      const end = this.#random.integer(upload.acknowledgedBytes + 1, bytes.length);
      if (this.#random.chance(0.15)) await this.#breakOff(upload, end);
      else await this.#append(upload, end);
    }
    return upload;
  }

  async #append(upload: ExpectedUpload, end: number): Promise<void> {
    const { location } = upload;
    await this.#sendRest(upload, end, async (body, headers) => {
      const sent = this.#random.chance(0.3) ? slowly(body) : body;
      const answer = await this.#connection.send('PATCH', location, { headers, body: sent });
      this.#demand(answer, upload, `append up to ${end} to ${location}`, 202, 409, 416);
      return answer;
    });
    this.#expected.history.push(`kept    ${location} up to ${end}`);
  }

  /** Sends what the server lacks up to `end`; from another place, where it says that this is where the upload ends. */
  async #sendRest(
    upload: ExpectedUpload,
    end: number,
    send: (body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) => Promise<Answer>,
  ): Promise<void> {
    upload.sentBytes = Math.max(upload.sentBytes, end);
    for (let attempt = 1; ; attempt++) {
      const start = upload.acknowledgedBytes;
      const isNamed = end > start && (upload.isBroken || this.#random.chance(0.5));
      const headers: Readonly<Record<string, string>> = isNamed ? { 'Content-Range': `${start}-${end - 1}` } : {};
      const { status, ...answer } = await send(upload.bytes.slice(start, end), headers);
      if (status !== 409 && status !== 416) break;
      const place = `${upload.location} from ${start}`;
      if (!upload.isBroken || attempt === BUSY_ATTEMPTS) throw new Violation(`${place} is answered with ${status}`);
      if (status === 409) await wait(BUSY_RETRY_MS);
      else upload.acknowledgedBytes = keptBytes(answer, upload);
    }
    upload.acknowledgedBytes = end;
  }

  /** A client whose connection is lost in the midst of a chunk asks how far it got. */
  async #breakOff(upload: ExpectedUpload, end: number): Promise<void> {
    const { location, bytes, acknowledgedBytes: start } = upload;
    upload.sentBytes = Math.max(upload.sentBytes, end);
    upload.isBroken = true;
    this.#expected.history.push(`break   ${location} between ${start} and ${end}`);
    const body = breakingOff(bytes.slice(start, start + Math.ceil((end - start) / 2)));
    const headers = { 'Content-Range': `${start}-${end - 1}` };
    const answer = await this.#connection.send('PATCH', location, { headers, body }).catch(() => undefined);
    if (answer !== undefined) {
      // Another request that broke off comes late, or is not over yet.
      this.#demand(answer, upload, `append to ${location} at ${start}`, 409, 416);
      if (answer.status === 416) upload.acknowledgedBytes = keptBytes(answer, upload);
      return;
    }
    // The server may take a moment to notice.
    for (let attempt = 1; attempt <= BUSY_ATTEMPTS; attempt++) {
      const answer = await this.#connection.send('PATCH', location);
      if (answer.status !== 409) {
        this.#demand(answer, upload, `append nothing to ${location}`, 202);
        upload.acknowledgedBytes = keptBytes(answer, upload);
        return;
      }
      await wait(BUSY_RETRY_MS);
    }
    throw new Violation(`${location} stays busy though its client has gone`);
  }

  /** Sends what is left and seals it, in one request or two. */
  async finish(upload: ExpectedUpload): Promise<void> {
    const { repository, location, bytes, digest } = upload;
    if (this.#random.chance(0.5)) await this.#append(upload, bytes.length);
    const what = `finish ${location} as ${digest}`;
    const attempt = this.#expected.attempt(what, [this.#expected.repository(repository).blob(digest).begin(true)]);
    upload.ending = 'finish';
    await this.#sendRest(upload, bytes.length, async (body, headers) => {
      const answer = await this.#connection.send('PUT', `${location}?digest=${digest}`, { headers, body });
      if (answer.status === 404) attempt.refuse();
      this.#demand(answer, upload, what, 201, 409, 416);
      return answer;
    });
    attempt.acknowledge();
    this.#forget(upload);
  }

  async cancel(upload: ExpectedUpload): Promise<void> {
    upload.ending = 'cancel';
    this.#expected.history.push(`cancel  ${upload.location}`);
    this.#demand(await this.#connection.send('DELETE', upload.location), upload, `cancel ${upload.location}`, 204);
    const { status } = await this.#connection.send('GET', upload.location);
    if (status !== 404) throw new Violation(`${upload.location} is answered with ${status} after it was cancelled`);
    this.#forget(upload);
  }

  #forget(upload: ExpectedUpload): void {
    this.#expected.uploads.delete(upload);
    this.#uploads.delete(upload);
  }

  /** @throws {UploadCollected} where the upload is gone, and may be. */
  #demand(answer: Answer, upload: ExpectedUpload, what: string, ...statuses: readonly number[]): void {
    if (answer.status === 404 && this.#collected.blobs) {
      this.#expected.history.push(`gone    ${upload.location}`);
      this.#forget(upload);
      throw new UploadCollected(upload.location);
    }
    demandStatus(answer, what, ...statuses);
  }
}

/**
 * How many bytes of an upload the server says that it has. `0-0` stands for none and for one.
 *
 * @throws {Violation} where that is less than was acknowledged, or more than was sent.
 */
export function keptBytes({ headers }: Pick<Answer, 'headers'>, upload: ExpectedUpload): number {
  const range = headers.get('Range') ?? '';
  const last = Number(/^0-(\d+)$/.exec(range)?.[1]);
  const kept = last === 0 ? Math.min(upload.acknowledgedBytes, 1) : last + 1;
  if (kept >= upload.acknowledgedBytes && kept <= upload.sentBytes) return kept;
  const { location, acknowledgedBytes, sentBytes } = upload;
  throw new Violation(`${location} has ${range}, of ${acknowledgedBytes} acknowledged and ${sentBytes} sent bytes`);
}

export function uploadsPath(repository: string): string {
  return `/v2/${repository}/blobs/uploads/`;
}

function locationOf(answer: Answer): string {
  const location = answer.headers.get('Location');
  if (location === null) throw new Violation(`no Location in an answer with ${answer.status}`);
  return location;
}

/** In pieces, so that a kill meets a request that is under way. */
function slowly(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const piece = Math.ceil(bytes.length / 4);
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await wait(2);
      controller.enqueue(bytes.slice(sent, sent + piece));
      sent += piece;
      if (sent >= bytes.length) controller.close();
    },
  });
}

/** Sends these bytes and never the end. */
function breakingOff(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    async pull(controller) {
      if (isSent) {
        await wait(5);
        throw new Error('the client breaks off');
      }
      isSent = true;
      controller.enqueue(bytes);
    },
  });
}
