/**
 * A bare node:http server over better-sqlite3, in a process of its own: a route per call, JSON in and out, the caller found by its
 * token, each write one transaction on disk before it is answered (WAL, synchronous=FULL, as the server has it).
 *
 *   fork('bare/server.ts', [file of BareSettings]); it tells its port
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import SQLite from 'better-sqlite3';
import { ready, settings } from '../child.ts';
import { jobRoutes } from './jobs.ts';
import type { BareSettings } from './settings.ts';
import { templateRoutes } from './templates.ts';

type Route = (body: never) => unknown;

export function openBare({ file }: BareSettings, onStatement?: (text: string) => void): SQLite.Database {
  const db = new SQLite(file, onStatement && { verbose: text => onStatement(String(text)) });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = on');
  db.pragma('wal_autocheckpoint = 10000');
  db.pragma('cache_size = -8000');
  return db;
}

/** By name. */
export function routesOf(db: SQLite.Database, bare: BareSettings): ReadonlyMap<string, Route> {
  const [templates, jobs] = [templateRoutes(db, bare), jobRoutes(db, bare)];
  const inTransaction = ([name, route]: [string, Route], begin: 'deferred' | 'immediate') =>
    [name, db.transaction(route)[begin] as Route] as const;
  const writes = Object.entries<Route>({ ...templates.writes, ...jobs.writes });
  const reads = Object.entries<Route>({ ...templates.reads, ...jobs.reads });
  return new Map([
    ...writes.map(route => inTransaction(route, 'immediate')),
    ...reads.map(route => inTransaction(route, 'deferred')),
  ]);
}

function serving(db: SQLite.Database, routes: ReadonlyMap<string, Route>) {
  const caller = db.prepare(`select tokens.user_id, tokens.expires_at, users.email, memberships.roles from tokens
    join users on users.user_id = tokens.user_id left join memberships on memberships.user_id = tokens.user_id
    where tokens.token_hash = +?`);
  const answer = (request: IncomingMessage, text: string): unknown => {
    if (!caller.get(hash('sha256', request.headers.authorization ?? ''))) throw new Error('nobody has this token');
    return routes.get(request.url!.slice(1))!(JSON.parse(text) as never);
  };
  const send = (response: ServerResponse, status: number, value: unknown) => {
    const json = JSON.stringify(value);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
    response.end(json);
  };
  return (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      try {
        send(response, 200, answer(request, text));
      } catch (error) {
        send(response, 500, { error: String(error) });
      }
    });
  };
}

if (import.meta.main) {
  const bare = JSON.parse(readFileSync(settings<string>(), 'utf8')) as BareSettings;
  const db = openBare(bare);
  // Connections wait while others are measured, also for their first request.
  const patient = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  const server = createServer(patient, serving(db, routesOf(db, bare))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ready({ port: (server.address() as AddressInfo).port }, () => {
    server.closeAllConnections();
    db.close();
  });
}
