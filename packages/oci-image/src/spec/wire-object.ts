/**
 * How the objects of wire documents are read: unknown keys survive, and no key may be taken for another.
 *
 * Go's encoding/json, which nearly every engine and registry is built on, matches the keys of a struct without regard to
 * case, so `Layers` beside `layers`, or instead of it, means one thing there and another thing here.
 */
import * as z from 'zod';

export interface WireObjectOptions {
  /** Keys that belong to another kind of document and must not stand in this one. */
  readonly foreignKeys?: readonly string[];
}

/** A loose object that refuses keys that differ from one of `shape` by case alone, and `foreignKeys` in any case. */
export function wireObject<Shape extends z.ZodRawShape>(shape: Shape, options: WireObjectOptions = {}) {
  const foreign = new Set(options.foreignKeys?.map(foldKey));
  const known = new Map(Object.keys(shape).map((key) => [foldKey(key), key]));
  return z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(shape, key)) continue;
      const folded = foldKey(key);
      const meant = known.get(folded);
      if (meant !== undefined) {
        context.addIssue({ code: 'custom', path: [key], message: `differs from "${meant}" by case alone` });
      }
      if (foreign.has(folded)) {
        context.addIssue({ code: 'custom', path: [key], message: 'belongs to another kind of document' });
      }
    }
  });
}

/**
 * A field that may be left out. `null` counts as left out, because Go's decoder takes it so and its encoder writes it
 * for an empty slice or map (image-spec v1.1, config.md, "Properties").
 */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

/** Folds as Go does: `K` (Kelvin) is a k, which toLowerCase knows, and `ſ` (long s) is an s, which it does not. */
function foldKey(key: string): string {
  return key.replaceAll('ſ', 's').toLowerCase();
}
