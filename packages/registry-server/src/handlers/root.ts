import type { Resource } from './resource.js';

const TEXT = new TextEncoder().encode(
  'This is a registry of container images. It speaks the OCI distribution protocol, under /v2/.\n',
);

/** `GET /` is no part of the protocol: it tells a person with a browser what was found here. */
export const root: Resource<object> = {
  GET: {
    needs: undefined,
    handle: (exchange) => exchange.bytes(200, { 'Content-Type': 'text/plain; charset=utf-8' }, TEXT),
  },
};
