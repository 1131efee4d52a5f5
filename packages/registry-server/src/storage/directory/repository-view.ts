import type { Descriptor, Digest } from '@quinistry/oci-image/spec';
import type { JournalOperation } from './journal-record.js';
import { isNamed, type LayoutIndex, type LayoutIndexHeader, tagOf, withoutTag, withTag } from './layout-index.js';

export interface KnownManifest {
  readonly mediaType: string;
  readonly size: number;
}

interface Known extends KnownManifest {
  /** How many entries of the index name it. */
  entries: number;
}

/**
 * What a repository holds and how it is named, in memory: its `index.json`, with the changes that are not in there yet.
 * Every entry is kept as its writer had it, so that writing the file again loses nothing.
 */
export class RepositoryView {
  readonly header: LayoutIndexHeader;
  /** Manifests that were removed and whose files are still to follow. */
  readonly removed = new Set<Digest>();
  readonly #tags = new Map<string, Descriptor>();
  readonly #untagged = new Map<Digest, Descriptor>();
  /** Entries under names that are no tags, and second ones for one name. */
  #others: Descriptor[] = [];
  readonly #known = new Map<Digest, Known>();
  #sortedTags: readonly string[] | undefined;
  #version = 0;

  constructor({ header, manifests }: LayoutIndex) {
    this.header = header;
    for (const entry of manifests) this.#load(entry);
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Manifests that the index lists; members of an index it lists need not be among them. */
  get manifests(): ReadonlyMap<Digest, KnownManifest> {
    return this.#known;
  }

  /** By bytes: tags are ASCII, where code units have the same order. */
  get tags(): readonly string[] {
    this.#sortedTags ??= [...this.#tags.keys()].sort();
    return this.#sortedTags;
  }

  tagged(tag: string): Digest | undefined {
    return this.#tags.get(tag)?.digest;
  }

  /** Manifests that something but their digest names: a tag, or a name that another tool gave. */
  *named(): Generator<Digest> {
    for (const { digest } of this.#tags.values()) yield digest;
    for (const entry of this.#others) if (isNamed(entry)) yield entry.digest;
  }

  /** The entries of `index.json`. */
  entries(): readonly Descriptor[] {
    return [...this.#tags.values(), ...this.#untagged.values(), ...this.#others];
  }

  /** @returns whether that changed what can be asked for. */
  apply(operation: JournalOperation): boolean {
    this.#version += 1;
    switch (operation.op) {
      case 'put':
        this.#put(operation);
        return true;
      case 'untag':
        return this.#untag(operation.tag);
      case 'delete':
        return this.#delete(operation.digest);
    }
  }

  #load(entry: Descriptor): void {
    const tag = tagOf(entry);
    if (tag !== undefined && !this.#tags.has(tag)) this.#tags.set(tag, entry);
    else if (tag === undefined && entry.annotations === undefined && !this.#untagged.has(entry.digest)) {
      this.#untagged.set(entry.digest, entry);
    } else this.#others.push(entry);
    this.#count(entry);
  }

  #put({ digest, mediaType, size, tags }: Extract<JournalOperation, { op: 'put' }>): void {
    const entry: Descriptor = { mediaType, digest, size };
    this.removed.delete(digest);
    const known = this.#known.get(digest);
    if (known !== undefined && known.mediaType !== mediaType) this.#retype(entry);
    for (const tag of tags) {
      if (this.#tags.get(tag)?.digest === digest) continue;
      this.#count(entry); // first, so that a manifest which keeps this tag alone is not taken for untagged meanwhile
      this.#untag(tag);
      this.#tags.set(tag, withTag(entry, tag));
      this.#sortedTags = undefined;
    }
    if (!this.#known.has(digest)) {
      this.#untagged.set(digest, entry);
      this.#count(entry);
    } else if (tags.length > 0 && this.#untagged.delete(digest)) this.#discount(digest);
  }

  #untag(tag: string): boolean {
    const entry = this.#tags.get(tag);
    if (entry === undefined) return false;
    this.#tags.delete(tag);
    this.#sortedTags = undefined;
    if (this.#discount(entry.digest) === 0) {
      this.#untagged.set(entry.digest, withoutTag(entry));
      this.#count(entry);
    }
    return true;
  }

  #delete(digest: Digest): boolean {
    const known = this.#known.has(digest);
    this.removed.add(digest);
    if (!known) return false;
    for (const [tag, entry] of this.#tags) {
      if (entry.digest === digest) this.#tags.delete(tag);
    }
    this.#untagged.delete(digest);
    this.#others = this.#others.filter((entry) => entry.digest !== digest);
    this.#known.delete(digest);
    this.#sortedTags = undefined;
    return true;
  }

  /** A manifest is served with the type that it was last written with, whatever names it. */
  #retype({ digest, mediaType }: Descriptor): void {
    const retyped = (entry: Descriptor) => (entry.digest === digest ? { ...entry, mediaType } : entry);
    for (const [tag, entry] of this.#tags) this.#tags.set(tag, retyped(entry));
    const untagged = this.#untagged.get(digest);
    if (untagged !== undefined) this.#untagged.set(digest, retyped(untagged));
    this.#others = this.#others.map(retyped);
    const known = this.#known.get(digest);
    if (known !== undefined) this.#known.set(digest, { ...known, mediaType });
  }

  #count({ digest, mediaType, size }: Descriptor): void {
    const known = this.#known.get(digest);
    if (known === undefined) this.#known.set(digest, { mediaType, size, entries: 1 });
    else known.entries += 1;
  }

  #discount(digest: Digest): number {
    const known = this.#known.get(digest);
    if (known === undefined) return 0;
    known.entries -= 1;
    if (known.entries === 0) this.#known.delete(digest);
    return known.entries;
  }
}
