import { createHmac } from 'node:crypto';
import { NOTIFICATION_MEDIA_TYPE } from './notification.js';

const ENCODED_SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/**
 * The headers of one attempt to deliver. They are those of Standard Webhooks, so that its libraries can judge them: the
 * signature covers id and time as well as the body, and what was recorded cannot be sent again tomorrow.
 *
 * @param id - the same for all attempts, so that a receiver whose answer got lost can tell that it has seen this one.
 * @param secret - left out, nothing is signed.
 * @see Standard Webhooks 1.0.0, "Signature scheme"
 */
export function webhookHeaders(
  id: string,
  body: string,
  at: Date,
  secret: Uint8Array | undefined,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = { 'Content-Type': NOTIFICATION_MEDIA_TYPE, 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

/** The key that a secret stands for: `whsec_` and Base64, or any other text as it is, without the line's end. */
export function decodeWebhookSecret(text: string): Uint8Array {
  const trimmed = text.trim();
  const [, encoded] = ENCODED_SECRET.exec(trimmed) ?? [];
  return encoded === undefined ? Buffer.from(trimmed, 'utf8') : Buffer.from(encoded, 'base64');
}
