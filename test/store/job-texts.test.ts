/** SQLite's full-text index of jobs, and PostgreSQL's, follow what happens to the texts; the former outlives a vacuum. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { searchedText } from '../../src/domain/search.ts';
import type { Store } from '../../src/store/database.ts';
import { indexedJobs, indexQuery } from '../../src/store/job-texts.ts';
import { engine } from '../support/database.ts';
import { logInAdmin, publishedTemplate, step } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { close, connectionsTo, db } from './support.ts';

let server: TestServer;
let store: Store;
let teamId: string;
let jobIds: string[];

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  const template = await publishedTemplate(admin, 'Procedure', [step('a')]);
  ({ jobIds } = await admin.jobs.createJobs(template.id, { numberOfJobs: 3, description: 'before' }));
  teamId = admin.teamId;
  store = server.store;
});
afterAll(() => server.stop());

const named = async (...term: string[]): Promise<string[]> =>
  store.read(async reader => {
    const query = indexedJobs(engine, teamId, indexQuery(engine, teamId, term, []));
    const { rows } = await sql<{ job_id: string }>`${query}`.execute(db(reader));
    return rows.map(({ job_id }) => job_id).sort();
  });

test('every text that is inserted, replaced and deleted is followed, whatever its length', async () => {
  expect(await named('before')).toEqual([...jobIds].sort());
  const [a, b, c] = jobIds as [string, string, string];
  const long = Array.from({ length: 3 }, (_, n) => searchedText([`part${n} ${'filler '.repeat(10)}`]));
  await store.transact(tx => tx.jobTexts.putTexts(teamId, [{ job_id: a, parts: long }]));
  await store.transact(tx => tx.jobTexts.deleteTexts(teamId, [b]));
  expect(await named('before')).toEqual([c]);
  for (const part of ['part0', 'part1', 'part2', 'part']) expect(new Set(await named(part))).toEqual(new Set([a]));
  expect(await named('part0', 'fill')).toEqual([a]);
  expect(await named('part0', 'part1')).toEqual([]);
});

test('words of another team are other words', async () => {
  const query = indexedJobs(engine, 'another', indexQuery(engine, 'another', ['before'], []));
  await store.read(async reader => {
    expect((await sql`${query}`.execute(db(reader))).rows).toEqual([]);
  });
});

test('a vacuum changes nothing', async () => {
  const connections = connectionsTo(server.settings);
  await sql`vacuum`.execute(connections.writes);
  if (engine === 'sqlite')
    await sql`insert into job_text_index (job_text_index) values ('integrity-check')`.execute(connections.writes);
  await close(connections);
  expect(await named('before')).toEqual([jobIds[2]!]);
  await store.transact(tx => tx.jobTexts.deleteTexts(teamId, [jobIds[2]!]));
  expect(await named('before')).toEqual([]);
});

test('jobs and steps that were there before the migration are searched like others', async () => {
  const admin = await logInAdmin(server);
  const template = await publishedTemplate(admin, 'Renew the sluice', [step('Drain the basin'), step('b')]);
  await admin.jobs.createJobs(template.id, { jobName: 'gate', notes: 'Rust on the hinge', ownedBy: admin.id });
  const connections = connectionsTo(server.settings);
  const before = ['job_texts', 'step_titles', ...(engine === 'sqlite' ? ['job_text_index'] : [])];
  for (const table of before) await sql`drop table ${sql.table(table)}`.execute(connections.writes);
  for (const index of ['status', 'due_date', ...(engine === 'postgres' ? ['id'] : [])])
    await sql`drop index ${sql.ref(`jobs_by_${index}`)}`.execute(connections.writes);
  await sql`drop index job_steps_named`.execute(connections.writes);
  await sql`delete from kysely_migration where name >= '029'`.execute(connections.writes);
  await close(connections);
  if (engine === 'sqlite') {
    // SQLite leaves this one behind, and drops it only where it has forgotten whose it was.
    const later = connectionsTo(server.settings);
    await sql`drop table if exists job_text_index_content`.execute(later.writes);
    await close(later);
  }
  await server.restart();
  const again = await logInAdmin(server);
  for (const search of ['gate', 'hinge', 'sluice', 'basin', 'admin gate', 'medium gate']) {
    const { results } = await again.jobs.queryJobs({ search, fields: ['jobName'] });
    expect([search, results.map(([name]) => name!.text)]).toEqual([search, ['gate']]);
  }
});
