import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeWebhookSecret, webhookHeaders } from './webhook-signature.js';

describe('webhookHeaders', () => {
  it('signs id, time and body with the secret', () => {
    const headers = webhookHeaders('msg_1', '{"events":[]}', new Date(1_700_000_000_999), Buffer.from('s3cret'));
    expect(headers['webhook-timestamp']).toBe('1700000000');
    expect(headers['webhook-id']).toBe('msg_1');
    const signed = 'msg_1.1700000000.{"events":[]}';
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 's3cret').update(signed).digest('base64')}`);
  });

  it('signs nothing without a secret', () => {
    expect(webhookHeaders('msg_1', '{}', new Date(), undefined)).not.toHaveProperty('webhook-signature');
  });
});

describe('decodeWebhookSecret', () => {
  it('decodes what begins with whsec_', () => {
    expect(Buffer.from(decodeWebhookSecret('whsec_aGVsbG8=\n')).toString()).toBe('hello');
  });

  it('takes any other text as it is, without the end of its line', () => {
    expect(Buffer.from(decodeWebhookSecret(' pass phrase\n')).toString()).toBe('pass phrase');
    expect(Buffer.from(decodeWebhookSecret('whsec_not base64')).toString()).toBe('whsec_not base64');
  });
});
