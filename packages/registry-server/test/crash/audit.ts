/**
 * Holds what a registry shows against what it has to hold. Everything is looked at, by name and by listing, and every
 * byte is hashed; what was in doubt is certain afterwards.
 */
import { digestOf } from '@quinistry/oci-image';
import { type Descriptor, type Digest, digestAlgorithm } from '@quinistry/oci-image/spec';
import { keptBytes } from './blob-pusher.js';
import type { Collected, ExpectedRegistry, ExpectedRepository, PushedManifest } from './expected-registry.js';
import type { Answer, RegistryConnection } from './registry-connection.js';
import { demandStatus, Violation } from './violation.js';

/** Small, so that there are pages. */
const PAGE_ENTRIES = 7;
const AT_ONCE = 16;

export interface AuditCount {
  manifests: number;
  blobs: number;
  tags: number;
  uploads: number;
}

/** @throws {Violation} */
export async function audit(
  connection: RegistryConnection,
  expected: ExpectedRegistry,
  collected: Collected,
): Promise<AuditCount> {
  const count: AuditCount = { manifests: 0, blobs: 0, tags: 0, uploads: 0 };
  const holding: string[] = [];
  for (const [name, repository] of expected.repositories) {
    const repositoryAudit = new RepositoryAudit(connection, name, repository, collected);
    if (await repositoryAudit.run(count)) holding.push(name);
  }
  const listed = await readPages(connection, '/v2/_catalog', 'repositories');
  demandSame('the catalog', listed ?? [], holding);
  for (const upload of expected.uploads) {
    const answer = await connection.send('GET', upload.location);
    count.uploads += answer.status === 204 ? 1 : 0;
    if (answer.status === 204) {
      upload.acknowledgedBytes = keptBytes(answer, upload);
      delete upload.ending;
      continue;
    }
    demandStatus(answer, `GET ${upload.location}`, 204, 404);
    const isSealed = expected.repository(upload.repository).blobs.get(upload.digest)?.certain === true;
    const mayBeGone = collected.blobs || upload.ending === 'cancel' || (upload.ending === 'finish' && isSealed);
    if (!mayBeGone) throw new Violation(`${upload.location} for ${upload.digest} is gone, and so are its bytes`);
    expected.uploads.delete(upload);
  }
  return count;
}

class RepositoryAudit {
  readonly #connection: RegistryConnection;
  readonly #name: string;
  readonly #expected: ExpectedRepository;
  readonly #collected: Collected;
  readonly #blobs = new Set<Digest>();
  readonly #manifests = new Map<Digest, PushedManifest>();

  constructor(connection: RegistryConnection, name: string, expected: ExpectedRepository, collected: Collected) {
    this.#connection = connection;
    this.#name = name;
    this.#expected = expected;
    this.#collected = collected;
  }

  /** @returns whether the repository holds anything. */
  async run(count: AuditCount): Promise<boolean> {
    // Asked of the model before the first answer changes it.
    const requiredManifests = this.#expected.requiredManifests(this.#collected);
    const requiredBlobs = this.#expected.requiredBlobs(this.#collected);
    await inParallel(this.#expected.manifests.values(), (each) =>
      this.#auditManifest(each.manifest, requiredManifests),
    );
    await inParallel(this.#expected.blobs.keys(), (digest) => this.#auditBlob(digest, requiredBlobs));
    for (const manifest of this.#manifests.values()) this.#demandWhole(manifest);
    const tags = await this.#auditTags();
    await this.#auditReferrers();
    this.#settle();
    count.manifests += this.#manifests.size;
    count.blobs += this.#blobs.size;
    count.tags += tags;
    return this.#manifests.size + this.#blobs.size > 0;
  }

  async #auditManifest(manifest: PushedManifest, required: ReadonlySet<Digest>): Promise<void> {
    const { digest, mediaType } = manifest;
    const answer = await this.#get(`manifests/${digest}`);
    if (this.#isThere(answer, `manifest ${digest}`, this.#expected.manifest(manifest).possible, required.has(digest))) {
      demandBytes(answer, digest);
      if (answer.headers.get('Content-Type') !== mediaType) throw this.#wrong(`manifest ${digest} has another type`);
      this.#manifests.set(digest, manifest);
    }
  }

  async #auditBlob(digest: Digest, required: ReadonlySet<Digest>): Promise<void> {
    const answer = await this.#get(`blobs/${digest}`);
    if (this.#isThere(answer, `blob ${digest}`, this.#expected.blob(digest).possible, required.has(digest))) {
      demandBytes(answer, digest);
      this.#blobs.add(digest);
    }
  }

  #isThere(answer: Answer, what: string, possible: ReadonlySet<boolean>, isRequired: boolean): boolean {
    demandStatus(answer, `GET ${this.#name} ${what}`, 200, 404);
    const isThere = answer.status === 200;
    if (isThere && !possible.has(true)) throw this.#wrong(`${what} is there, though it was never pushed or is deleted`);
    if (!isThere && isRequired) throw this.#wrong(`${what} is gone, though its push was acknowledged`);
    return isThere;
  }

  /** A manifest that shows is there with all that it names. */
  #demandWhole({ digest, blobs, members }: PushedManifest): void {
    for (const blob of blobs) {
      if (!this.#blobs.has(blob)) throw this.#wrong(`manifest ${digest} is there without its blob ${blob}`);
    }
    for (const member of members) {
      if (!this.#manifests.has(member)) throw this.#wrong(`index ${digest} is there without its member ${member}`);
    }
  }

  async #auditTags(): Promise<number> {
    const listed = await readPages(this.#connection, `/v2/${this.#name}/tags/list`, 'tags');
    const found = new Map<string, Digest>();
    for (const [tag, register] of this.#expected.tags) {
      const answer = await this.#get(`manifests/${tag}`);
      demandStatus(answer, `GET ${this.#name}:${tag}`, 200, 404);
      const header = answer.status === 200 ? answer.headers.get('Docker-Content-Digest') : undefined;
      const digest = [...register.possible].find((possible) => possible === (header ?? undefined));
      if (digest === undefined && header !== undefined) throw this.#wrong(`tag ${tag} points at ${header}`);
      if (digest === undefined && !register.possible.has(undefined)) throw this.#wrong(`tag ${tag} is gone`);
      if (digest !== undefined) {
        demandBytes(answer, digest);
        if (!this.#manifests.has(digest)) throw this.#wrong(`tag ${tag} points at ${digest}, which is not there`);
        found.set(tag, digest);
      }
      register.settle(digest);
    }
    demandSame(`the tags of ${this.#name}`, listed ?? [], [...found.keys()]);
    for (const { tags, digest } of this.#expected.tagGroups) {
      const moved = tags.filter((tag) => found.get(tag) === digest);
      if (moved.length > 0 && moved.length < tags.length) {
        throw this.#wrong(
          `of the tags ${tags.join(' ')}, which go together, only ${moved.join(' ')} point at ${digest}`,
        );
      }
    }
    this.#expected.tagGroups.clear();
    return found.size;
  }

  async #auditReferrers(): Promise<void> {
    const manifests = [...this.#manifests.values()];
    for (const subject of new Set(manifests.map((manifest) => manifest.subject))) {
      if (subject === undefined) continue;
      const referrers = manifests.filter((manifest) => manifest.subject === subject);
      const answer = await this.#get(`referrers/${subject}`);
      demandStatus(answer, `the referrers of ${subject}`, 200);
      const index: { readonly manifests: readonly Descriptor[] } = JSON.parse(new TextDecoder().decode(answer.bytes));
      const listed = index.manifests.map(({ digest }) => digest);
      const digests = referrers.map(({ digest }) => digest);
      demandSame(`the referrers of ${this.#name} ${subject}`, listed.sort(), digests);
    }
  }

  #settle(): void {
    const { manifests, blobs } = this.#expected;
    for (const [digest, { presence }] of manifests) presence.settle(this.#manifests.has(digest));
    for (const [digest, presence] of blobs) presence.settle(this.#blobs.has(digest));
    this.#expected.forgetAbsent();
  }

  #get(path: string): Promise<Answer> {
    return this.#connection.send('GET', `/v2/${this.#name}/${path}`);
  }

  #wrong(what: string): Violation {
    return new Violation(`${this.#name}: ${what}`);
  }
}

function demandBytes({ bytes }: Answer, digest: Digest): void {
  const actual = digestOf(bytes, digestAlgorithm(digest));
  if (actual !== digest) throw new Violation(`${bytes.length} bytes hash to ${actual} instead of ${digest}`);
}

/** A list without gaps, repetitions and strangers, in the order of bytes. */
function demandSame(what: string, listed: readonly string[], found: readonly string[]): void {
  const expected = [...found].sort();
  if (listed.length === expected.length && listed.every((entry, index) => entry === expected[index])) return;
  throw new Violation(`${what}: ${listed.join(' ')} are listed, and ${expected.join(' ')} are there`);
}

/** All pages of a list; `undefined` where there is no such repository. */
async function readPages(
  connection: RegistryConnection,
  path: string,
  key: 'tags' | 'repositories',
): Promise<readonly string[] | undefined> {
  const entries: string[] = [];
  let next: string | undefined = `${path}?n=${PAGE_ENTRIES}`;
  while (next !== undefined) {
    const answer: Answer = await connection.send('GET', next);
    if (answer.status === 404) return undefined;
    demandStatus(answer, `GET ${next}`, 200);
    const page: Readonly<Record<string, readonly string[]>> = JSON.parse(new TextDecoder().decode(answer.bytes));
    entries.push(...(page[key] ?? []));
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('Link') ?? '')?.[1];
  }
  return entries;
}

async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
