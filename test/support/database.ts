/** A fresh database on the engine that the running project is for (jest.config.js). */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { StoreSettings } from '../../src/store/database.ts';
import type { Engine } from '../../src/store/engine.ts';
import { TEMPLATE_DATABASE } from '../setup/postgres-start.ts';

declare const JOBWRIGHT_TEST_ENGINE: Engine;

export const engine: Engine = JOBWRIGHT_TEST_ENGINE;

export interface TestDatabase {
  readonly settings: StoreSettings;
  drop(): Promise<void>;
}

export const freshDatabase = (): Promise<TestDatabase> => (engine === 'sqlite' ? freshSqlite() : freshPostgres());

async function freshSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-test-'));
  return {
    settings: { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL' },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function freshPostgres(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onPostgres(`create database ${name} template ${TEMPLATE_DATABASE}`);
  const url = new URL(process.env.JOBWRIGHT_TEST_POSTGRES!);
  url.pathname = `/${name}`;
  return {
    settings: { engine: 'postgres', url: url.href, poolSize: 10 },
    drop: () => onPostgres(`drop database ${name} with (force)`),
  };
}

async function onPostgres(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.JOBWRIGHT_TEST_POSTGRES });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
