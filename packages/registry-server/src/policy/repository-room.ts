/**
 * How much a repository may hold. Open uploads count as what has been sealed does, from their first byte on: otherwise each of
 * those that are open at once could fill the whole of it.
 *
 * The store is not asked for each chunk, and nobody waits for a body that is being read. For a while too much may be counted,
 * such as what has expired, but never too little; so the store is asked once more before anything is refused.
 */
import type { BlobInfo } from '@quinistry/oci-image';
import type { RegistryStore, Upload } from '../storage/registry-store.js';
import { OpenUploads } from './open-uploads.js';
import { PolicyError } from './policy-error.js';
import { TurnTaking } from './turn-taking.js';

/** A listing may go through thousands of files, and whoever is refused may ask again at once. */
export const LIST_AGAIN_MS = 10_000;

/** What is known of a repository that nobody is pushing to can be found out again. */
const MAX_REMEMBERED = 1000;

interface UploadSession {
  readonly repository: string;
  readonly session: string;
}

/** What is known of one repository. */
interface Account {
  readonly repository: string;
  readonly uploads: OpenUploads;
  /** Bytes of blobs and manifests. */
  sealed: number;
  /** Bytes of those that are just being written. */
  pending: number;
  /** How many have been written. */
  writes: number;
  listedAt: number | undefined;
  /** Requests that are at it. */
  users: number;
}

export class RepositoryRoom {
  readonly #store: RegistryStore;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();
  /** What was measured has to stay so until something is written: two blobs that fit one by one may not fit together. */
  readonly #turns = new TurnTaking();

  constructor(store: RegistryStore, maxBytes: number, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /**
   * Lets bytes into an upload for as long as there is room.
   *
   * @param announcedBytes - refused before the first one is read where there is no room for so many.
   * @param append - reads what it is given, and lets the failures of that through.
   * @throws {PolicyError} `QUOTA_EXCEEDED`
   */
  fill(
    { repository, session }: UploadSession,
    source: AsyncIterable<Uint8Array>,
    announcedBytes: number,
    append: (source: AsyncIterable<Uint8Array>) => Promise<Upload>,
  ): Promise<Upload> {
    return this.#using(repository, async (account) => {
      if (account.listedAt !== undefined) await this.#measure(account);
      await this.#demand(account, announcedBytes);
      const leave = account.uploads.fill(session);
      try {
        return await append(this.#meter(account, session, source)).finally(leave);
      } catch (error) {
        // The store may not have kept all that was let in. Where it does not tell, that counts until it is asked again.
        await account.uploads.correct(session, () => this.#sizeOf(repository, session)).catch(() => {});
        throw error;
      }
    });
  }

  /**
   * Makes an upload a blob. Its bytes are here already, so nothing is refused for other uploads' sake, nor where the
   * repository holds the blob.
   *
   * @throws {PolicyError} `QUOTA_EXCEEDED`
   */
  seal(
    { repository, session }: UploadSession,
    isHeld: () => Promise<boolean>,
    finish: () => Promise<BlobInfo>,
  ): Promise<BlobInfo> {
    return this.#inTurn(repository, async (account) => {
      await this.#look(account, 0);
      const size = await this.#sizeOf(repository, session);
      if (account.sealed + size > this.#maxBytes && !(await isHeld())) throw this.#exceeded(repository);
      const blob = await finish();
      account.uploads.set(session, 0);
      account.sealed += blob.size;
      account.writes++;
      return blob;
    });
  }

  /**
   * Writes what does not come by an upload.
   *
   * @param isHeld - whether it is there already, and so costs nothing.
   * @throws {PolicyError} `QUOTA_EXCEEDED`
   */
  add<T>(repository: string, bytes: number, isHeld: () => Promise<boolean>, write: () => Promise<T>): Promise<T> {
    return this.#inTurn(repository, async (account) => {
      await this.#look(account, bytes);
      if (!this.#fits(account, bytes) && !(await isHeld())) throw this.#exceeded(repository);
      account.pending += bytes;
      try {
        const written = await write();
        account.sealed += bytes;
        account.writes++;
        return written;
      } finally {
        account.pending -= bytes;
      }
    });
  }

  /** An upload has ended, and is no blob. */
  forget({ repository, session }: UploadSession): void {
    this.#accounts.get(repository)?.uploads.set(session, 0);
  }

  async *#meter(account: Account, session: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      const { byteLength } = chunk;
      if (!this.#fits(account, byteLength)) await this.#demand(account, byteLength);
      account.uploads.add(session, byteLength);
      yield chunk;
    }
  }

  /** @throws {PolicyError} `QUOTA_EXCEEDED` */
  async #demand(account: Account, bytes: number): Promise<void> {
    const { repository } = account;
    if (account.listedAt !== undefined && this.#fits(account, bytes)) return;
    // In a turn: while a blob is sealed, its bytes may be counted twice.
    await this.#turns.take(repository, () => this.#look(account, bytes));
    if (!this.#fits(account, bytes)) throw this.#exceeded(repository);
  }

  /** Nothing always fits: where there is too much already, what is there can still be sealed. */
  #fits({ sealed, pending, uploads }: Account, bytes: number): boolean {
    return bytes === 0 || sealed + pending + uploads.bytes + bytes <= this.#maxBytes;
  }

  /** Asks the store anew: something may have been deleted, or expired, or come by another tool. */
  async #look(account: Account, bytes: number): Promise<void> {
    await this.#measure(account);
    const { repository, uploads, listedAt } = account;
    const now = this.#now();
    if (listedAt !== undefined && (this.#fits(account, bytes) || now - listedAt < LIST_AGAIN_MS)) return;
    await uploads.recount(() => this.#store.listUploads(repository));
    account.listedAt = now;
  }

  async #measure(account: Account): Promise<void> {
    const { writes } = account;
    const sealed = await this.#store.measureRepository(account.repository);
    // What was written meanwhile may be in there or not.
    if (account.writes === writes) account.sealed = sealed;
  }

  async #sizeOf(repository: string, session: string): Promise<number> {
    return (await this.#store.statUpload(repository, session))?.size ?? 0;
  }

  #inTurn<T>(repository: string, work: (account: Account) => Promise<T>): Promise<T> {
    return this.#using(repository, (account) => this.#turns.take(repository, () => work(account)));
  }

  async #using<T>(repository: string, work: (account: Account) => Promise<T>): Promise<T> {
    const account = this.#accounts.get(repository) ?? openAccount(repository);
    this.#accounts.set(repository, account);
    account.users++;
    try {
      return await work(account);
    } finally {
      account.users--;
      if (account.users === 0 && this.#accounts.size > MAX_REMEMBERED) this.#accounts.delete(repository);
    }
  }

  #exceeded(repository: string): PolicyError {
    const told = `${repository} may hold ${this.#maxBytes} bytes, those of its open uploads included, and this is more`;
    return new PolicyError('QUOTA_EXCEEDED', told);
  }
}

function openAccount(repository: string): Account {
  return { repository, uploads: new OpenUploads(), sealed: 0, pending: 0, writes: 0, listedAt: undefined, users: 0 };
}
