/** What those ask who run the server: does it live, may it be sent work, what has it counted, what does its interface say. */
import { readdirSync, readFileSync } from 'node:fs';
import { NotFound } from '../../base/errors.ts';
import type { Store } from '../../store/database.ts';
import type { Shared } from '../connection.ts';
import type { Exchange, Route } from './exchange.ts';

export const probeRoutes = (store: Store, shared: Shared): readonly Route[] => [
  { method: 'GET', path: /^\/healthz$/, handle: async exchange => sendText(exchange, 'alive\n') },
  { method: 'GET', path: /^\/readyz$/, handle: exchange => readiness(exchange, store, shared) },
  { method: 'GET', path: /^\/metrics$/, handle: exchange => sendMetrics(exchange, shared) },
  { method: 'GET', path: /^\/idl\/?$/, handle: async exchange => sendJson(exchange, [...interfaceFiles().keys()]) },
  { method: 'GET', path: /^\/idl\/(?<file>[a-z_]+\.thrift)$/, handle: sendInterfaceFile },
];

/** 503 once the server is about to stop, or when its database does not answer. */
async function readiness(exchange: Exchange, store: Store, shared: Shared): Promise<void> {
  if (shared.draining || shared.stopping) return sendText(exchange, 'stopping\n', 503);
  try {
    await store.read(reader => reader.people.anyUser());
    sendText(exchange, 'ready\n');
  } catch (error) {
    shared.logger.warn({ err: error }, 'not ready: the database does not answer');
    sendText(exchange, 'the database does not answer\n', 503);
  }
}

async function sendMetrics(exchange: Exchange, { metrics }: Shared): Promise<void> {
  const text = await metrics.text();
  exchange.response.setHeader('Content-Type', metrics.contentType);
  exchange.response.end(text);
}

/** Read once: they are part of the program. */
let files: ReadonlyMap<string, Buffer> | undefined;

function interfaceFiles(): ReadonlyMap<string, Buffer> {
  const folder = new URL('../../../idl/', import.meta.url);
  files ??= new Map(
    readdirSync(folder)
      .filter(name => name.endsWith('.thrift'))
      .sort()
      .map(name => [name, readFileSync(new URL(name, folder))]),
  );
  return files;
}

async function sendInterfaceFile(exchange: Exchange): Promise<void> {
  const name = exchange.parameters.file!;
  const file = interfaceFiles().get(name);
  if (!file) throw new NotFound('path-not-found', `path: the interface has no file ${name}; GET /idl/ lists them`);
  exchange.response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  exchange.response.end(file);
}

function sendText({ response }: Exchange, text: string, status = 200): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

function sendJson({ response }: Exchange, value: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(value));
}
