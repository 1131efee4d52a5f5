/** What a registry has to hold, as its clients know it: what was acknowledged, and what is in doubt. */
import type { Digest } from '@quinistry/oci-image/spec';
import { type PendingWrite, Register } from './register.js';

export interface PushedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Blobs that it names. */
  readonly blobs: readonly Digest[];
  /** Manifests that it names, where it is an index. */
  readonly members: readonly Digest[];
  readonly subject?: Digest | undefined;
}

export interface ExpectedManifest {
  readonly manifest: PushedManifest;
  readonly presence: Register<boolean>;
}

export interface ExpectedUpload {
  readonly repository: string;
  readonly location: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: Digest;
  /** Bytes of which the client was told that they are kept. */
  acknowledgedBytes: number;
  /** Bytes that may have arrived. */
  sentBytes: number;
  /** Whether a request broke off, whose bytes may come late: then places have to be named. */
  isBroken: boolean;
  /** How the client tried to end it, without an answer so far. */
  ending?: 'finish' | 'cancel';
}

/** Tags that one request moves: all of them or none. */
export interface TagGroup {
  readonly tags: readonly string[];
  readonly digest: Digest;
}

/** What was deleted has to stay so; after as many audits it is not asked for any more, or the audits would take forever. */
const AUDITS_OF_ABSENT = 3;

/** Garbage that the server may have collected since it was last looked at. */
export interface Collected {
  /** Blobs and uploads that nothing refers to. */
  readonly blobs: boolean;
  /** Manifests that nothing names. */
  readonly manifests: boolean;
}

export class ExpectedRepository {
  readonly tags = new Map<string, Register<Digest | undefined>>();
  readonly manifests = new Map<Digest, ExpectedManifest>();
  readonly blobs = new Map<Digest, Register<boolean>>();
  readonly #absent = new Map<Digest, number>();
  /** Those of requests that have not been answered. */
  readonly tagGroups = new Set<TagGroup>();

  tag(name: string): Register<Digest | undefined> {
    return getOrAdd(this.tags, name, () => new Register<Digest | undefined>(undefined));
  }

  manifest(manifest: PushedManifest): Register<boolean> {
    return getOrAdd(this.manifests, manifest.digest, () => ({ manifest, presence: new Register(false) })).presence;
  }

  blob(digest: Digest): Register<boolean> {
    return getOrAdd(this.blobs, digest, () => new Register(false));
  }

  /** Drops what an audit has found absent several times. */
  forgetAbsent(): void {
    const presences = [...this.manifests].map(([digest, { presence }]) => [digest, presence] as const);
    for (const [digest, { certain }] of [...presences, ...this.blobs]) {
      const audits = certain === false ? (this.#absent.get(digest) ?? 0) + 1 : 0;
      this.#absent.set(digest, audits);
      if (audits < AUDITS_OF_ABSENT) continue;
      this.manifests.delete(digest);
      this.blobs.delete(digest);
      this.#absent.delete(digest);
    }
  }

  /** Manifests that must be there, whatever was collected. */
  requiredManifests(collected: Collected): ReadonlySet<Digest> {
    const present = [...this.manifests.values()].filter(({ presence }) => presence.certain === true);
    if (!collected.manifests) return new Set(present.map(({ manifest }) => manifest.digest));
    const roots = [...this.tags.values()].filter(({ certain }) => certain !== undefined);
    const named = new Set(roots.map(({ certain }) => certain));
    // Of a subject that lost its name for a moment, the referrers may be gone: giving the name back asks for none of them.
    const steady = new Set(roots.filter(({ isSteady }) => isSteady).map(({ certain }) => certain));
    for (let before = -1; before !== named.size + steady.size; ) {
      before = named.size + steady.size;
      for (const { digest, subject, members } of present.map(({ manifest }) => manifest)) {
        if (subject !== undefined && steady.has(subject)) steady.add(digest);
        if (steady.has(digest)) for (const member of members) steady.add(member);
        if (named.has(digest) || steady.has(digest)) for (const kept of [digest, ...members]) named.add(kept);
      }
    }
    return new Set(present.map(({ manifest }) => manifest.digest).filter((digest) => named.has(digest)));
  }

  /** Blobs that must be there, whatever was collected. */
  requiredBlobs(collected: Collected): ReadonlySet<Digest> {
    const present = [...this.blobs].filter(([, presence]) => presence.certain === true).map(([digest]) => digest);
    if (!collected.blobs) return new Set(present);
    const named = new Set<Digest>();
    for (const digest of this.requiredManifests(collected)) {
      for (const blob of this.manifests.get(digest)?.manifest.blobs ?? []) named.add(blob);
    }
    return new Set(present.filter((digest) => named.has(digest)));
  }
}

/** A change that a client asks for, in every place where it shows. */
export interface Attempt {
  acknowledge(): void;
  refuse(): void;
}

export class ExpectedRegistry {
  readonly repositories: ReadonlyMap<string, ExpectedRepository>;
  readonly uploads = new Set<ExpectedUpload>();
  /** Every attempt and what came of it, in order: the evidence where something is wrong. */
  readonly history: string[] = [];

  constructor(repositories: readonly string[]) {
    this.repositories = new Map(repositories.map((name) => [name, new ExpectedRepository()]));
  }

  repository(name: string): ExpectedRepository {
    const repository = this.repositories.get(name);
    if (repository === undefined) throw new RangeError(`${name} is not among the repositories`);
    return repository;
  }

  attempt(what: string, writes: readonly PendingWrite[]): Attempt {
    this.history.push(`begin   ${what}`);
    return {
      acknowledge: () => {
        this.history.push(`done    ${what}`);
        for (const write of writes) write.acknowledge();
      },
      refuse: () => {
        this.history.push(`refused ${what}`);
        for (const write of writes) write.refuse();
      },
    };
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
