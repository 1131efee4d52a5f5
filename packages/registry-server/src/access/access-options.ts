/** The part of the configuration that says who may do what. */
import * as z from 'zod';
import { DEFAULT_RULES, REGISTRY_ACTIONS } from './access-rule.js';
import { isRepositoryPattern, REPOSITORY_PATTERN_EXPECTED } from './repository-pattern.js';
import { TOKEN_ALGORITHMS } from './token-algorithm.js';
import { DEFAULT_TOKEN_SECONDS, MAX_TOKEN_SECONDS, MIN_TOKEN_SECONDS } from './token-issuer.js';
import { DEFAULT_LEEWAY_SECONDS } from './token-verifier.js';

export const DEFAULT_REALM = 'quinistry';

const MAX_LEEWAY_SECONDS = 600;

/** Stands in a header, between quotation marks. */
const quotableSchema = z
  .string()
  .regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, 'expected printable ASCII without " and \\');

const filePathSchema = z
  .string('expected the path of a file')
  .refine((path) => path !== '' && !path.includes('\0'), 'expected the path of a file');

const patternSchema = z.string().refine(isRepositoryPattern, `expected ${REPOSITORY_PATTERN_EXPECTED}`);

/** One, or a list of them. What is no list becomes one, so that an error is about the item and not about a union. */
function listOf<Item extends z.ZodType>(item: Item, what: string) {
  const list = z.array(item, `expected ${what}, or a list`).min(1, `expected ${what} at least`);
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list.readonly());
}

function secondsSchema(least: number, most: number) {
  const message = `expected a number of seconds from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
}

/** See `AccessRule`. A single pattern, user or action needs no list around it. */
export const accessRuleSchema = z
  .strictObject({
    repositories: listOf(patternSchema, 'a pattern of repositories').default(['**']),
    users: listOf(z.string().min(1, 'expected the name of an account'), 'a user'),
    actions: listOf(z.enum(REGISTRY_ACTIONS, `expected one of ${REGISTRY_ACTIONS.join(', ')}`), 'an action'),
  })
  .superRefine(({ repositories, actions }, context) => {
    if (!actions.includes('catalog') || repositories.includes('**')) return;
    const message = 'expected no catalog here: it is about the registry as a whole, so it stands in a rule for **';
    context.addIssue({ code: 'custom', path: ['actions'], message });
  });

/**
 * Bearer tokens. With `keys` alone another server makes them out, and `realm`, `issuer` and `service` are what that server
 * says. Otherwise this registry does, and signs them with `signingKey` or with a key that lives as long as the process.
 */
export const tokenOptionsSchema = z
  .strictObject({
    realm: z
      .url({ protocol: /^https?$/, error: 'expected an absolute URL, such as https://registry.example.org/token' })
      .optional()
      .describe(
        'where clients fetch tokens; needed for tokens of another server, and behind a proxy that ends TLS and is not trusted',
      ),
    service: quotableSchema.optional().describe('what tokens are for: their audience'),
    issuer: z
      .string()
      .min(1, 'expected the name of an issuer')
      .optional()
      .describe('who makes tokens out: their issuer'),
    keys: listOf(filePathSchema, 'a file')
      .optional()
      .describe('files of public keys whose tokens are taken: PEM or a JSON Web Key Set'),
    signingKey: filePathSchema
      .optional()
      .describe('file of the private key that tokens are signed with; without it, one that dies with the process'),
    algorithms: listOf(z.enum(TOKEN_ALGORITHMS, `expected one of ${TOKEN_ALGORITHMS.join(', ')}`), 'an algorithm')
      .optional()
      .describe('how tokens may be signed; by default in every way that fits the key'),
    expiresInSeconds: secondsSchema(MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS)
      .default(DEFAULT_TOKEN_SECONDS)
      .describe('how long a token that is made out here is good for'),
    leewaySeconds: secondsSchema(0, MAX_LEEWAY_SECONDS)
      .default(DEFAULT_LEEWAY_SECONDS)
      .describe('by how much the clock of whoever makes out tokens may differ'),
  })
  .superRefine((token, context) => {
    if (token.keys === undefined || token.signingKey !== undefined) return;
    for (const name of ['realm', 'issuer', 'service'] as const) {
      if (token[name] !== undefined) continue;
      const message = 'expected a value, for keys without a signingKey mean that another server makes out the tokens';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export const accessOptionsSchema = z
  .strictObject({
    htpasswd: filePathSchema.optional().describe('file of accounts, with bcrypt hashes: htpasswd -B writes it'),
    realm: quotableSchema.default(DEFAULT_REALM).describe('what a browser calls the place that wants a password'),
    rules: z
      .array(accessRuleSchema)
      .min(1, 'expected at least one rule')
      .readonly()
      .default(DEFAULT_RULES)
      .describe('who may do what; by default accounts may do everything, and others nothing'),
    token: tokenOptionsSchema.optional(),
  })
  .superRefine(({ htpasswd, token }, context) => {
    const foreign = token?.keys !== undefined && token.signingKey === undefined;
    if (htpasswd !== undefined || foreign) return;
    const message = 'expected a file of accounts, or token.keys of another server that makes out the tokens';
    context.addIssue({ code: 'custom', path: ['htpasswd'], message });
  });

/** As it may be written. */
export type AccessOptionsInput = z.input<typeof accessOptionsSchema>;
/** As it was read, with defaults. */
export type AccessOptions = z.output<typeof accessOptionsSchema>;
