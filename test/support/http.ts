/** A client for the HTTP of a server, and answers as tests expect them. */
import { expect } from '@jest/globals';
import type { ErrorCode } from '#gen/common_types';
import type { TestUser } from './seed.ts';

export interface Sent {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
  readonly headers?: Record<string, string>;
  readonly body?: RequestInit['body'];
}

export class TestHttp {
  readonly origin: string;

  constructor({ host, port }: { host: string; port: number }) {
    this.origin = `http://${host}:${port}`;
  }

  /** @param user whose token goes with the request; nobody's when undefined */
  send(user: TestUser | undefined, path: string, { method = 'GET', headers, body }: Sent = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers: { ...(user && { authorization: `Bearer ${user.token}` }), ...headers },
      ...(body != null && { body, duplex: 'half' }),
    } as RequestInit);
  }

  /** Sends a file as a raw body. */
  upload(
    user: TestUser | undefined,
    path: string,
    body: RequestInit['body'],
    type = 'application/octet-stream',
  ): Promise<Response> {
    return this.send(user, path, { method: 'POST', headers: { 'content-type': type }, body: body ?? '' });
  }

  async text(path: string): Promise<string> {
    return (await this.send(undefined, path)).text();
  }

  /** @param name with its labels: 'calls{outcome="ok"}' */
  async metric(name: string): Promise<number> {
    return metricIn(await this.text('/metrics'), name);
  }

  /** How often something was refused, closed or made to wait for this reason. */
  refusals(reason: string): Promise<number> {
    return this.metric(`jobwright_refusals_total{reason="${reason}"}`);
  }
}

/** The value that stands behind a name with its labels; 0 before it is there. */
export function metricIn(metrics: string, name: string): number {
  const line = metrics.split('\n').find(candidate => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** A picture among the documents of the user's team. @returns its id */
export async function uploadPicture(
  server: { address: { host: string; port: number } },
  user: TestUser,
): Promise<string> {
  const path = `/api/documents?teamId=${user.teamId}&name=goggles.png`;
  const sent = new TestHttp(server.address).upload(user, path, Buffer.from('a picture'), 'image/png');
  return (await answered<{ id: string }>(sent)).id;
}

/** The JSON of an answer of 200. */
export async function answered<T>(sending: Promise<Response>): Promise<T> {
  const response = await sending;
  const text = await response.text();
  if (response.status !== 200) throw new Error(`expected an answer, but got ${response.status}: ${text}`);
  expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
  return JSON.parse(text) as T;
}

/** Where HTTP has no word for a code, or another one. */
const STATUSES: Readonly<Record<number, number>> = { 413: 409, 476: 403, 497: 401, 498: 401 };

/** Passes when a request is refused with this code, its status, this slug and a message that matches. */
export async function expectHttpRefusal(
  sending: Promise<Response>,
  code: ErrorCode,
  slug: string,
  message: RegExp = /./,
): Promise<void> {
  const response = await sending;
  expect(response.status).toBe(STATUSES[code] ?? code);
  expect(response.headers.get('content-type')).toBe('application/json');
  const refusal = (await response.json()) as { errorCode: ErrorCode; slug: string; message: string; rqId: string };
  expect({ code: refusal.errorCode, slug: refusal.slug }).toEqual({ code, slug });
  expect(refusal.message).toMatch(message);
  expect(response.headers.get('x-request-id')).toBe(refusal.rqId);
}
