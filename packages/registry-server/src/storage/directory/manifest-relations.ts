/**
 * What the manifests of a repository say of one another: which are members of an index, and which have a subject.
 * `index.json` tells neither, so they are read, once each and only when somebody asks.
 */
import { type Digest, isIndexMediaType, isManifestMediaType, parseManifest } from '@quinistry/oci-image/spec';
import { type ManifestFacts, readManifestFacts } from '../../manifests/manifest-facts.js';
import type { StoredManifest } from '../registry-storage.js';
import type { KnownManifest, RepositoryView } from './repository-view.js';

/** Manifests that are read at a time. */
export const PARALLEL_READS = 8;

interface Relations {
  readonly subject?: Digest | undefined;
  readonly members: ReadonlyMap<Digest, string>;
}

interface ViewState {
  readonly view: RepositoryView;
  readonly version: number;
}

/** Shared by the many manifests that have neither, as there may be ten thousand. */
const NONE: Relations = { members: new Map() };

export class ManifestRelations {
  readonly #read: (digest: Digest, mediaType: string) => Promise<StoredManifest | undefined>;
  /** Content never changes under a digest, so what was learnt stays true whatever becomes of the index. */
  readonly #relations = new Map<Digest, Relations>();
  readonly #referrers = new Map<Digest, Set<Digest>>();
  /** The state of the view for which every manifest has been read. */
  #scanned: ViewState | undefined;
  #members: (ViewState & { readonly found: ReadonlyMap<Digest, string> }) | undefined;

  /** @param read - gives `undefined` for a manifest whose file is missing. */
  constructor(read: (digest: Digest, mediaType: string) => Promise<StoredManifest | undefined>) {
    this.#read = read;
  }

  learn(manifest: StoredManifest, facts?: ManifestFacts): Relations {
    const known = this.#relations.get(manifest.digest);
    if (known !== undefined) return known;
    const relations = readRelations(manifest, facts);
    this.#relations.set(manifest.digest, relations);
    if (relations.subject !== undefined) {
      const referrers = this.#referrers.get(relations.subject) ?? new Set();
      this.#referrers.set(relations.subject, referrers.add(manifest.digest));
    }
    return relations;
  }

  forget(digest: Digest): void {
    const subject = this.#relations.get(digest)?.subject;
    this.#relations.delete(digest);
    if (subject === undefined) return;
    const referrers = this.#referrers.get(subject);
    referrers?.delete(digest);
    if (referrers?.size === 0) this.#referrers.delete(subject);
  }

  /** Members of the indexes of `view`, at any depth, and their media types. */
  async members(view: RepositoryView): Promise<ReadonlyMap<Digest, string>> {
    const { version } = view;
    if (isState(this.#members, view)) return this.#members.found;
    const found = new Map<Digest, string>();
    const indexes = [...view.manifests].filter(([, { mediaType }]) => isIndexMediaType(mediaType));
    let level: readonly (readonly [Digest, string])[] = indexes.map(([digest, { mediaType }]) => [digest, mediaType]);
    while (level.length > 0) {
      const next: (readonly [Digest, string])[] = [];
      await this.#each(level, (relations) => {
        for (const [digest, mediaType] of relations.members) {
          if (found.has(digest) || view.removed.has(digest)) continue;
          found.set(digest, mediaType);
          if (isIndexMediaType(mediaType)) next.push([digest, mediaType]);
        }
      });
      level = next;
    }
    this.#members = { view, version, found };
    return found;
  }

  /** Digests whose manifests name `subject`; whether the repository still holds them is the caller's to ask. */
  async referrers(view: RepositoryView, subject: Digest): Promise<readonly Digest[]> {
    const { version } = view;
    if (!isState(this.#scanned, view)) {
      await this.#each([...(await this.all(view))].map(([digest, { mediaType }]) => [digest, mediaType]));
      this.#scanned = { view, version };
    }
    return [...(this.#referrers.get(subject) ?? [])];
  }

  /** Every manifest of the repository: those that are listed, and members of those. */
  async all(view: RepositoryView): Promise<ReadonlyMap<Digest, Pick<KnownManifest, 'mediaType'>>> {
    const all = new Map<Digest, Pick<KnownManifest, 'mediaType'>>(view.manifests);
    for (const [digest, mediaType] of await this.members(view)) {
      if (!all.has(digest)) all.set(digest, { mediaType });
    }
    return all;
  }

  async #each(
    manifests: readonly (readonly [Digest, string])[],
    use: (relations: Relations) => void = () => {},
  ): Promise<void> {
    const unknown: (readonly [Digest, string])[] = [];
    for (const entry of manifests) {
      const relations = this.#relations.get(entry[0]);
      if (relations === undefined) unknown.push(entry);
      else use(relations);
    }
    for (let start = 0; start < unknown.length; start += PARALLEL_READS) {
      const batch = unknown.slice(start, start + PARALLEL_READS);
      const read = await Promise.all(batch.map(([digest, mediaType]) => this.#read(digest, mediaType)));
      for (const manifest of read) if (manifest !== undefined) use(this.learn(manifest));
    }
  }
}

function isState<S extends ViewState>(state: S | undefined, view: RepositoryView): state is S {
  return state?.view === view && state.version === view.version;
}

/** Another tool may have put anything there; what cannot be read relates to nothing. */
function readRelations(manifest: StoredManifest, facts?: ManifestFacts): Relations {
  try {
    const { subject } = facts ?? readManifestFacts(manifest);
    if (!isIndexMediaType(manifest.mediaType)) return subject === undefined ? NONE : { subject, members: NONE.members };
    const { manifests } = parseManifest(manifest.mediaType, Buffer.from(manifest.bytes).toString('utf8'));
    const members = manifests.filter(({ mediaType }) => isManifestMediaType(mediaType) || isIndexMediaType(mediaType));
    return { subject, members: new Map(members.map(({ digest, mediaType }) => [digest, mediaType])) };
  } catch {
    return NONE;
  }
}
