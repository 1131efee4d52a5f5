/**
 * The file `index.json` of a layout: what it lists, under which names.
 * Source: image-spec v1.1, image-layout.md, "index.json file".
 */
import {
  ANNOTATIONS,
  type Descriptor,
  isTag,
  MEDIA_TYPES,
  ociIndexSchema,
  parseDocument,
} from '@quinistry/oci-image/spec';

/** The fields of `index.json` beside its list, kept as whoever wrote them had them. */
export type LayoutIndexHeader = Readonly<Record<string, unknown>>;

export interface LayoutIndex {
  readonly header: LayoutIndexHeader;
  readonly manifests: readonly Descriptor[];
}

export const EMPTY_LAYOUT_INDEX: LayoutIndex = {
  header: { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index },
  manifests: [],
};

/** @throws {DocumentError} */
export function parseLayoutIndex(bytes: Uint8Array): LayoutIndex {
  const { manifests, ...header } = parseDocument(ociIndexSchema, 'index.json', Buffer.from(bytes).toString('utf8'));
  return { header, manifests };
}

export function formatLayoutIndex({ header, manifests }: LayoutIndex): Uint8Array {
  return Buffer.from(JSON.stringify({ ...header, manifests }));
}

/**
 * The tag that an entry stands for. Other tools write other names, `docker.io/library/app:latest` for one; those entries
 * are known by their digest alone.
 */
export function tagOf(entry: Descriptor): string | undefined {
  const name = entry.annotations?.[ANNOTATIONS.refName];
  return isTag(name) ? name : undefined;
}

export function isNamed(entry: Descriptor): boolean {
  return entry.annotations?.[ANNOTATIONS.refName] !== undefined;
}

export function withTag(entry: Descriptor, tag: string): Descriptor {
  return { ...entry, annotations: { ...entry.annotations, [ANNOTATIONS.refName]: tag } };
}

export function withoutTag({ annotations, ...entry }: Descriptor): Descriptor {
  const { [ANNOTATIONS.refName]: _, ...others } = annotations ?? {};
  return Object.keys(others).length === 0 ? entry : { ...entry, annotations: others };
}
