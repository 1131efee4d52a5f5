/**
 * The Authorization header, told apart.
 * Source: RFC 9110, section 11.6.2; RFC 7617 for Basic; RFC 6750, section 2.1, for Bearer.
 */
export type Authorization =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly name: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }
  /** Another scheme, or what follows none of the grammars. */
  | { readonly scheme: 'invalid' };

const BASIC_PATTERN = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;
const BEARER_PATTERN = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
/** RFC 7617, section 2: neither the name nor the password has control characters. */
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Never throws. Basic with an empty name and an empty password is `none`: podman and skopeo send that, where they were
 * asked for a login and have none.
 *
 * @param value - as it came; `null` where there is no such header.
 */
export function parseAuthorization(value: string | null): Authorization {
  if (value === null) return { scheme: 'none' };
  const basic = BASIC_PATTERN.exec(value)?.[1];
  if (basic !== undefined) return parseBasic(basic);
  const token = BEARER_PATTERN.exec(value)?.[1];
  return token === undefined ? { scheme: 'invalid' } : { scheme: 'bearer', token };
}

function parseBasic(encoded: string): Authorization {
  const pair = decodeText(encoded);
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon === -1 || CONTROL_CHARACTERS.test(pair)) return { scheme: 'invalid' };
  if (pair === ':') return { scheme: 'none' };
  return { scheme: 'basic', name: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** Other encodings than UTF-8 cannot be told from it, and a replacement character would make two passwords equal. */
function decodeText(encoded: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}
