import { API_VERSION_HEADER } from '@quinistry/oci-image/spec';
import type { Resource } from './resource.js';

/**
 * `GET /v2/`: "here is a registry". docker and podman ask for nothing before they have seen it, and try http where https
 * did not answer, so it waits for no store.
 *
 * The specification wants no more than the 200. The header is from before it; old docker daemons take a host without it
 * for the registry of version 1.
 */
export const base: Resource<object> = {
  GET: {
    needs: 'greeting',
    handle: (exchange) => exchange.json(200, {}, { [API_VERSION_HEADER.name]: API_VERSION_HEADER.value }),
  },
};
