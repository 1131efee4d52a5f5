import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { get, startFixture as start } from './testing/fixture-server.js';
import { LAYER_DIGEST } from './testing/fixture-storage.js';
import { answersOf, exchangeRaw, openRaw, readToEnd } from './testing/raw-connection.js';

const CLOSE = 'Connection: close';
const LAYER_PATH = `/v2/demo/app/blobs/${LAYER_DIGEST}`;

describe('an attack on the path', () => {
  it.each([
    ['..', '/v2/../../etc/passwd/manifests/latest', 400],
    ['.. past the root', '/../../../etc/passwd', 404],
    ['.. that folds into an honest path', '/v2/x/../demo/app/manifests/latest', 400],
    ['%2e%2e', '/v2/%2e%2e/%2e%2e/etc/manifests/latest', 400],
    ['%2f', '/v2/demo%2fapp/manifests/latest', 400],
    ['a backslash', '/v2/demo\\app/manifests/latest', 400],
    ['%5c', '/v2/demo%5capp/manifests/latest', 400],
    ['%00', '/v2/demo/app%00/manifests/latest', 400],
    ['NUL', '/v2/demo/app\0/manifests/latest', 400],
    ['bytes above 127', '/v2/d\xe9mo/manifests/latest', 400],
    ['a digest that climbs', '/v2/demo/app/blobs/sha256:../../x', 400],
  ])('is answered with a JSON error: %s', async (_, target, status) => {
    const { port } = await start();
    const answers = await exchangeRaw(port, get(target, CLOSE));
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(answers[0]?.headers).toMatch(/^content-type: application\/json\r?$/im);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ errors: [{ code: expect.any(String) }] });
  });
});

describe('bad HTTP', () => {
  it.each([
    ['two Content-Lengths', 'Content-Length: 0', 'Content-Length: 5'],
    ['Content-Length with Transfer-Encoding', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['a header that is folded over two lines', 'X-A: 1', ' 2: 3'],
    ['a space before the colon', 'Content-Length : 5'],
    ['a bare CR in a value', 'X-A: 1\rX-B: 2'],
  ])('is answered with 400, and the connection ends: %s', async (_, ...headers) => {
    const { port } = await start();
    const answers = await exchangeRaw(port, get('/v2/', ...headers) + get('/v2/_catalog'));
    expect(answers.map((answer) => answer.status)).toEqual([400]);
    expect(answers[0]?.headers).toMatch(/^connection: close\r?$/im);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
  });

  it('is answered with 400: a Host that no URL can hold', async () => {
    const { port } = await start();
    const [answer] = await exchangeRaw(port, `GET /v2/ HTTP/1.1\r\nHost: a b/c\r\n${CLOSE}\r\n\r\n`);
    expect(answer?.status).toBe(400);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] });
  });

  it.each([
    ['no Host', 400, []],
    ['two Hosts', 400, ['Host: registry.test', 'host: other.test']],
    ['an expectation that nobody knows', 417, ['Host: registry.test', 'Expect: miracles']],
  ])('is answered with a JSON error, and the connection ends: %s', async (_, status, headers) => {
    const { port } = await start();
    const answers = await exchangeRaw(port, ['GET /v2/ HTTP/1.1', ...headers, '', get('/v2/_catalog')].join('\r\n'));
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(answers[0]?.headers).toMatch(/^connection: close\r?$/im);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
  });

  it('is answered with 431: headers above the limit', async () => {
    const { port } = await start();
    const answers = await exchangeRaw(port, get('/v2/', `X-Large: ${'x'.repeat(20_000)}`));
    expect(answers.map((answer) => answer.status)).toEqual([431]);
  });

  it('is answered with 408 when the headers come too slowly, while others are served', async () => {
    const { port } = await start({ headersTimeoutMs: 100 });
    const slow = await openRaw(port, 'GET /v2/ HTTP/1.1\r\nHost: registry.test\r\nX-Slow: ');
    const drip = setInterval(() => slow.write('x'), 20);
    const other = await fetch(`http://127.0.0.1:${port}/v2/`);
    expect(other.status).toBe(200);
    const answers = answersOf(await readToEnd(slow));
    clearInterval(drip);
    expect(answers.map((answer) => answer.status)).toEqual([408]);
  });

  it('does not take the body of a GET for the next request', async () => {
    const { port } = await start();
    const smuggled = get('/v2/_catalog');
    const answers = await exchangeRaw(port, get('/v2/', `Content-Length: ${smuggled.length}`) + smuggled);
    expect(answers.map((answer) => answer.body)).toEqual(['{}']);
  });

  it('lets the server live, whatever is sent', async () => {
    const { port } = await start();
    const line = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[A-Za-z-]{1,12}: [ -~]{0,30}$/),
    );
    const target = fc.oneof(
      fc.string(),
      fc.string().map((text) => `/v2/${text}`),
      fc.constant(LAYER_PATH),
    );
    await fc.assert(
      fc.asyncProperty(target, fc.array(line, { maxLength: 4 }), async (path, lines) => {
        const answers = await exchangeRaw(port, get(path, CLOSE, ...lines));
        for (const { status } of answers) expect(status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
    expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
  });
});
