import * as z from 'zod';
import { configurationSchema } from './configuration.js';

/** One setting, as it is told to people. */
export interface Setting {
  /** Its place in a configuration file: `server.tls.key`. */
  readonly path: string;
  readonly description: string;
  /** As it would be written in a file; absent where there is none. */
  readonly defaultValue?: unknown;
}

/** All settings, in the order of the schema. */
export function listSettings(): Setting[] {
  return [...walk(configurationSchema, [])];
}

function* walk(schema: unknown, path: readonly string[]): Generator<Setting> {
  const { inner, defaultValue } = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    for (const [key, child] of Object.entries(inner.shape)) yield* walk(child, [...path, key]);
    return;
  }
  const description = describe(schema) ?? describe(inner) ?? '';
  yield { path: path.join('.'), description, ...(defaultValue !== undefined && { defaultValue }) };
}

/** The keys that the section at `path` may have; none for what is no section. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const section = path.reduce<unknown>((schema, key) => child(unwrap(schema).inner, key), configurationSchema);
  const { inner } = unwrap(section);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function child(schema: unknown, key: PropertyKey): unknown {
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodObject ? schema.shape[String(key)] : undefined;
}

function unwrap(schema: unknown): { inner: unknown; defaultValue?: unknown } {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) {
    return { inner: unwrap(schema.unwrap()).inner, defaultValue: schema.def.defaultValue };
  }
  return { inner: schema };
}

function describe(schema: unknown): string | undefined {
  return schema instanceof z.ZodType ? schema.description : undefined;
}
