/**
 * A client that pushes, tags, mounts, resumes and deletes at random, one request after the other. What it makes is its
 * own, so that it knows what it may delete; some blobs and one tag of each repository it shares with all the others.
 */
import type { BlobInfo } from '@quinistry/oci-image';
import { BlobPusher, UploadCollected } from './blob-pusher.js';
import type { Collected, ExpectedRegistry, ExpectedUpload, PushedManifest } from './expected-registry.js';
import { imageOf, indexOf } from './pushed-manifest.js';
import { ConnectionLost, type RegistryConnection } from './registry-connection.js';
import type { SeededRandom } from './seeded-random.js';
import { demandStatus } from './violation.js';

/** Pushed again and again by all clients, and named by the manifests of all. */
const SHARED_CONTENT = Array.from({ length: 6 }, (_, index) => new Uint8Array(index * 5000).fill(index));
const SHARED_TAG = 'latest';

const MOST_IMAGES = 8;
const MOST_UPLOADS = 4;

interface OwnImage {
  readonly repository: string;
  readonly manifest: PushedManifest;
  /** Blobs that nothing else names. */
  readonly blobs: readonly BlobInfo[];
  /** Whether a tag of all clients may name it: then it is not its owner's to delete. */
  readonly isShared: boolean;
  /** The index that names it. */
  index?: PushedManifest | undefined;
}

export interface PushingClientOptions {
  readonly name: string;
  readonly expected: ExpectedRegistry;
  readonly random: SeededRandom;
}

export class PushingClient {
  readonly #name: string;
  readonly #expected: ExpectedRegistry;
  readonly #random: SeededRandom;
  readonly #repositories: readonly string[];
  #images: OwnImage[] = [];
  readonly #uploads = new Set<ExpectedUpload>();
  #count = 0;

  constructor({ name, expected, random }: PushingClientOptions) {
    this.#name = name;
    this.#expected = expected;
    this.#random = random;
    this.#repositories = [...expected.repositories.keys()];
  }

  /**
   * Works until the server goes away.
   *
   * @param collected - what the server may take away meanwhile: then a push may have to be refused.
   * @throws {Violation}
   */
  async work(connection: RegistryConnection, collected: Collected): Promise<void> {
    const random = this.#random.fork();
    const uploads = this.#uploads;
    const pusher = new BlobPusher({ connection, expected: this.#expected, collected, random, uploads });
    this.#forgetWhatIsGone();
    try {
      for (const upload of uploads) await unlessCollected(pusher.finish(upload));
      for (;;) await unlessCollected(this.#step({ connection, pusher, collected }));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }

  /** What an audit has found out since. */
  #forgetWhatIsGone(): void {
    const isThere = (repository: string, { digest }: PushedManifest) =>
      this.#expected.repository(repository).manifests.get(digest)?.presence.certain === true;
    for (const upload of this.#uploads) if (!this.#expected.uploads.has(upload)) this.#uploads.delete(upload);
    this.#images = this.#images.filter(({ repository, manifest }) => isThere(repository, manifest));
    for (const image of this.#images) {
      if (image.index !== undefined && !isThere(image.repository, image.index)) image.index = undefined;
    }
  }

  async #step(work: Work): Promise<void> {
    const random = this.#random;
    const choice = random.next();
    const deletable = this.#images.filter(({ isShared, index }) => !isShared && index === undefined);
    if (deletable.length > MOST_IMAGES || (choice < 0.12 && deletable.length > 0)) {
      return this.#deleteImage(work, random.pick(deletable));
    }
    if (choice < 0.2) return this.#deleteTag(work);
    if (choice < 0.3) return this.#moveTag(work);
    if (choice < 0.4) return this.#leaveUpload(work);
    if (choice < 0.45) return this.#pushAndDeleteBlob(work);
    if (choice < 0.55) return this.#pushIndex(work);
    return this.#pushImage(work);
  }

  async #pushImage(work: Work): Promise<void> {
    const { pusher } = work;
    const random = this.#random;
    const repository = random.pick(this.#repositories);
    const blobs: BlobInfo[] = [await pusher.push(repository, pusher.randomBytes())];
    const named = [...blobs];
    if (random.chance(0.5)) named.push(await pusher.push(repository, random.pick(SHARED_CONTENT)));
    const other = random.chance(0.4) ? this.#images.find((image) => image.repository !== repository) : undefined;
    const [mounted] = other?.blobs ?? [];
    if (other !== undefined && mounted !== undefined) {
      if (await pusher.mount(repository, mounted.digest, other.repository)) named.push(mounted);
    }
    const subject = random.chance(0.3) ? this.#images.find((image) => image.repository === repository) : undefined;
    await this.#pushManifest(work, repository, imageOf(this.#label(), named, subject?.manifest), blobs);
  }

  async #pushIndex(work: Work): Promise<void> {
    const repository = this.#random.pick(this.#repositories);
    const members = this.#images
      .filter((image) => image.repository === repository && image.index === undefined)
      .slice(0, 3);
    if (members.length === 0) return;
    const manifest = indexOf(
      this.#label(),
      members.map((member) => member.manifest),
    );
    for (const member of members) member.index = manifest;
    await this.#pushManifest(work, repository, manifest, []);
  }

  async #pushManifest(
    work: Work,
    repository: string,
    manifest: PushedManifest,
    blobs: readonly BlobInfo[],
  ): Promise<void> {
    const tags = new Set(Array.from({ length: this.#random.integer(0, 3) }, () => this.#ownTag()));
    const image: OwnImage = { repository, manifest, blobs, isShared: this.#random.chance(0.15) };
    this.#images.push(image);
    if (!(await this.#putManifest(work, image, [...tags]))) this.#forgetImage(image);
  }

  async #moveTag(work: Work): Promise<void> {
    if (this.#images.length === 0) return;
    await this.#putManifest(work, { ...this.#random.pick(this.#images), isShared: false }, [this.#ownTag()]);
  }

  /** @returns whether it was taken: what it names may have been collected. */
  async #putManifest(
    { connection, collected }: Work,
    { repository, manifest, isShared }: Pick<OwnImage, 'repository' | 'manifest' | 'isShared'>,
    own: readonly string[],
  ): Promise<boolean> {
    const expected = this.#expected.repository(repository);
    const tags = isShared ? [...own, SHARED_TAG] : own;
    const what = `push manifest ${repository} ${manifest.digest} tags [${tags}] subject ${manifest.subject} members [${manifest.members}]`;
    const attempt = this.#expected.attempt(what, [
      expected.manifest(manifest).begin(true),
      ...tags.map((tag) => expected.tag(tag).begin(manifest.digest)),
    ]);
    const group = { tags: own, digest: manifest.digest };
    expected.tagGroups.add(group);
    const headers = { 'Content-Type': manifest.mediaType };
    const path = `/v2/${repository}/manifests/${referenceOf(manifest, tags)}`;
    const answer = await connection.send('PUT', path, { headers, body: manifest.bytes });
    expected.tagGroups.delete(group);
    demandStatus(answer, what, 201, ...(collected.blobs ? [400] : []));
    const isTaken = answer.status === 201;
    if (isTaken) attempt.acknowledge();
    else attempt.refuse();
    return isTaken;
  }

  async #deleteTag({ connection }: Work): Promise<void> {
    const repository = this.#random.pick(this.#repositories);
    const expected = this.#expected.repository(repository);
    const own = [...expected.tags].find(([tag, { certain }]) => tag.startsWith(`${this.#name}-`) && certain);
    if (own === undefined) return;
    const [tag, register] = own;
    const path = `/v2/${repository}/manifests/${tag}`;
    const what = `delete tag ${repository} ${tag}`;
    const attempt = this.#expected.attempt(what, [register.begin(undefined)]);
    demandStatus(await connection.send('DELETE', path), what, 202);
    attempt.acknowledge();
    demandStatus(await connection.send('HEAD', path), `${tag} after its delete`, 404);
  }

  async #deleteImage(work: Work, image: OwnImage): Promise<void> {
    const { repository, manifest, blobs } = image;
    const expected = this.#expected.repository(repository);
    const tags = [...expected.tags.values()].filter(({ certain }) => certain === manifest.digest);
    const path = `/v2/${repository}/manifests/${manifest.digest}`;
    const what = `delete manifest ${repository} ${manifest.digest}`;
    const attempt = this.#expected.attempt(what, [
      expected.manifest(manifest).begin(false),
      ...tags.map((register) => register.begin(undefined)),
    ]);
    demandStatus(await work.connection.send('DELETE', path), what, 202, ...(work.collected.manifests ? [404] : []));
    attempt.acknowledge();
    this.#forgetImage(image);
    demandStatus(await work.connection.send('GET', path), `${manifest.digest} after its delete`, 404);
    if (this.#random.chance(0.5)) for (const { digest } of blobs) await this.#deleteBlob(work, repository, digest);
  }

  #forgetImage(image: OwnImage): void {
    this.#images = this.#images.filter((other) => other !== image);
    for (const other of this.#images) if (other.index === image.manifest) other.index = undefined;
  }

  async #pushAndDeleteBlob(work: Work): Promise<void> {
    const repository = this.#random.pick(this.#repositories);
    const { digest } = await work.pusher.push(repository, work.pusher.randomBytes());
    if (this.#random.chance(0.7)) await this.#deleteBlob(work, repository, digest);
  }

  async #deleteBlob({ connection, collected }: Work, repository: string, digest: BlobInfo['digest']): Promise<void> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const what = `delete blob ${repository} ${digest}`;
    const attempt = this.#expected.attempt(what, [this.#expected.repository(repository).blob(digest).begin(false)]);
    demandStatus(await connection.send('DELETE', path), what, 202, ...(collected.blobs ? [404] : []));
    attempt.acknowledge();
    demandStatus(await connection.send('HEAD', path), `${digest} after its delete`, 404);
  }

  /** Starts an upload for later, or ends one. */
  async #leaveUpload({ pusher }: Work): Promise<void> {
    const [oldest] = this.#uploads;
    if (oldest === undefined || this.#uploads.size < MOST_UPLOADS) {
      await pusher.pushPart(this.#random.pick(this.#repositories), pusher.randomBytes());
    } else if (this.#random.chance(0.3)) await pusher.cancel(oldest);
    else await pusher.finish(oldest);
  }

  #ownTag(): string {
    return `${this.#name}-${this.#random.integer(0, 9)}`;
  }

  #label(): string {
    this.#count += 1;
    return `${this.#name}-${this.#count}`;
  }
}

interface Work {
  readonly connection: RegistryConnection;
  readonly pusher: BlobPusher;
  readonly collected: Collected;
}

/** A manifest goes to its tag where it has one, and to its digest where it has none or several. */
function referenceOf({ digest }: PushedManifest, tags: readonly string[]): string {
  const [tag, ...others] = tags;
  if (tag !== undefined && others.length === 0) return tag;
  return `${digest}${tags.map((name, index) => `${index === 0 ? '?' : '&'}tag=${name}`).join('')}`;
}

async function unlessCollected(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof UploadCollected)) throw error;
  }
}
