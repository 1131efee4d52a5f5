/** Where something stands in a JSON document. */
export type DocumentPath = readonly PropertyKey[];

/** Longest key that is repeated in a path. */
const MAX_KEY_CHARACTERS = 100;

/** `layers[2].digest`; a key that is no plain word stands in quotation marks: `annotations["a b"]`. */
export function formatDocumentPath(path: DocumentPath): string {
  return path.reduce<string>((formatted, step) => {
    if (typeof step === 'number') return `${formatted}[${step}]`;
    const key = String(step);
    if (/^[\w-]{1,100}$/.test(key)) return formatted === '' ? key : `${formatted}.${key}`;
    return `${formatted}[${JSON.stringify(key.slice(0, MAX_KEY_CHARACTERS))}]`;
  }, '');
}
