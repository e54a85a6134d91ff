/**
 * Before the PostgreSQL project: a real server, started from the npm package on a free port, or the one that
 * JOBWRIGHT_TEST_POSTGRES names. In it a template database with the schema, which each test's own database is copied from.
 */
import pg from 'pg';
import { pino } from 'pino';
import { openStore } from '../../src/store/database.ts';
import { Cluster } from '../support/cluster.ts';

export const TEMPLATE_DATABASE = 'jobwright_template';

export default async function start(): Promise<void> {
  process.env.JOBWRIGHT_TEST_POSTGRES ??= await startCluster();
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

async function startCluster(): Promise<string> {
  const cluster = await Cluster.start(['max_connections=300']);
  (globalThis as { testCluster?: Cluster }).testCluster = cluster;
  return cluster.url();
}
