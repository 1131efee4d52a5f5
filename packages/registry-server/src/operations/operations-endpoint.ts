import { requestTarget } from '../http/request-target.js';
import type { Transport } from '../http/transport.js';
import type { Registry } from '../registry.js';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';

const METRICS_PATH = '/metrics';

/** What is answered at an address of its own, where clients of the registry do not get: numbers tell who uses it, and how much. */
export function createOperationsEndpoint(health: Health, metrics: Metrics): Pick<Registry, 'fetch'> {
  return {
    async fetch(request: Request, transport?: Transport): Promise<Response> {
      const path = pathOf(requestTarget(request, transport));
      const { method } = request;
      const answer = health.answer(path, method);
      if (answer !== undefined) return answer;
      if (path !== METRICS_PATH) return new Response(null, { status: 404 });
      if (method !== 'GET' && method !== 'HEAD') {
        return new Response(null, { status: 405, headers: { Allow: 'GET, HEAD' } });
      }
      const { text, contentType } = await metrics.render();
      return new Response(method === 'HEAD' ? null : text, { headers: { 'Content-Type': contentType } });
    },
  };
}

export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
