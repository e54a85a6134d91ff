/** Cross-origin requests: pages of the origins that the settings name may call, and read what they need of the answer's headers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const PREFLIGHT_SECONDS = 600;

/** @param origins exact ones, or "*" for all */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const all = origins.includes('*');
  if (!all) response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !(all || origins.includes(origin))) return;
  response.setHeader('Access-Control-Allow-Origin', all ? '*' : origin);
  response.setHeader(
    'Access-Control-Expose-Headers',
    'X-Request-Id, Content-Range, Accept-Ranges, ETag, Content-Disposition',
  );
}

/** A page whose origin is not allowed gets no permission with it, and its browser stops there. */
export function answerPreflight(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, OPTIONS');
  response.setHeader(
    'Access-Control-Allow-Headers',
    'Authorization, Content-Type, Range, If-Range, If-None-Match, X-Request-Id',
  );
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  response.statusCode = 204;
  response.end();
}
