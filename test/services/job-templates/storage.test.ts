/**
 * What an edit costs on the disk: the groups on its path and an entry, not the tree.
 *
 * SQLite: bytes of the database file and its write-ahead log, once the log is folded into the file. PostgreSQL: bytes of all tables
 * with their indexes, their out-of-line values and the dead row versions that edits leave behind, without any vacuum in between; the
 * write-ahead log, which PostgreSQL recycles, is no part of the database.
 */
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { leaves, logInAdmin, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { GROUPS, largeTemplate, STEPS_PER_GROUP, writtenStep } from './large-templates.ts';

const MOST_BYTES_PER_EDIT = 24 * 1024;
const EDITS = 20;

let server: TestServer;
let ana: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
  template = await largeTemplate(ana);
  await ana.templates.acquireLock(template.id);
});
afterAll(() => server.stop());

const storedBytes = (): Promise<number> =>
  server.settings.engine === 'sqlite' ? sqliteBytes(server.settings.file) : postgresBytes(server.settings.url);

async function sqliteBytes(file: string): Promise<number> {
  const database = new SQLite(file);
  const [checkpoint] = database.pragma('wal_checkpoint(truncate)') as { busy: number }[];
  database.close();
  expect(checkpoint!.busy).toBe(0);
  const sizes = await Promise.all([file, `${file}-wal`].map(part => stat(part)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

async function postgresBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>(
    `select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  await client.end();
  return Number(rows[0]!.bytes);
}

test('the template that is measured has 1,000 steps', () => {
  expect(template.stepGroup.children).toHaveLength(GROUPS);
  expect(leaves(template.stepGroup)).toHaveLength(1000);
});

test('one-step edits of a template of 1,000 steps take less than 24 KB each', async () => {
  const before = await storedBytes();
  for (let edit = 0; edit < EDITS; edit++) {
    const group = template.stepGroup.children[(edit * 7) % GROUPS]!;
    const position = (edit * 11) % STEPS_PER_GROUP;
    const rewritten = { ...writtenStep(10_000 + edit), id: group.children[position]!.id, clientGeneratedIds: true };
    await ana.templates.addStepModular(template.id, group.id, rewritten, position, true);
  }
  const grown = (await storedBytes()) - before;
  expect((await ana.templates.get(template.id)).version).toBe(template.version + EDITS);
  expect(grown).toBeGreaterThan(0);
  expect(grown / EDITS).toBeLessThan(MOST_BYTES_PER_EDIT);
});

test('edits that leave the tree take a small part of that', async () => {
  const before = await storedBytes();
  for (let edit = 0; edit < EDITS; edit++) await ana.templates.update(template.id, { title: `Title ${edit}` });
  expect(((await storedBytes()) - before) / EDITS).toBeLessThan(MOST_BYTES_PER_EDIT / 4);
});
