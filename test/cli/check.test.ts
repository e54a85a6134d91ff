/**
 * `jobwright check`: nothing is found in what the server wrote, and each kind of damage is found by the check that is for it, beside the
 * running server. What is planted is rolled back behind each look.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { AbacUploadBehaviour } from '#gen/abac_types';
import { checks } from '../../src/engine/checking/checks.ts';
import { Reader } from '../../src/store/aggregates.ts';
import type { Finding, Ground } from '../../src/store/check/finding.ts';
import { runCheck } from '../../src/store/check/snapshot.ts';
import type { Connections } from '../../src/store/engine.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Database } from '../../src/store/schema.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { TreeCache } from '../../src/store/trees.ts';
import { engine } from '../support/database.ts';
import { newList } from '../support/metadata.ts';
import { run, storeVariables } from '../support/process.ts';
import { group, leaves, logInAdmin, newTemplate, publishedTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { withSheets } from '../support/sheets.ts';
import { type Damage, damagesOn } from './damages.ts';

let server: TestServer;
let admin: TestUser;
let connections: Connections;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  await seedThings();
  await seedJobs();
  const { settings } = server;
  connections = settings.engine === 'sqlite' ? openSqlite(settings) : openPostgres(settings, undefined, () => {});
  if (engine === 'sqlite') await sql`pragma foreign_keys = off`.execute(connections.writes);
});
afterAll(async () => {
  await connections.close();
  await server.stop();
});

/** A template with everything that a template can carry. */
async function seedThings(): Promise<void> {
  const { connection, teamId, templates } = admin;
  const { id } = await newTemplate(admin, 'Carrier', [group('Outer', [group('Inner', [step('Weld')])]), step('Look')]);
  const tag = await connection.service('TagService').create('Hot', teamId);
  await templates.updateTags(id, [{ tagId: tag.id }], []);
  await connection.service('GroupHeaderContentService').createCategory(teamId, { name: 'Electrical' });
  await connection.service('GroupService').create(teamId, { name: 'Night shift' } as never);
  const [attribute] = await connection
    .service('AbacService')
    .updateAttributes(teamId, [{ id: '', label: 'Site', values: [{ id: '', label: 'North' }] }]);
  await templates.updateAttribute(id, attribute!.id, attribute!.values, AbacUploadBehaviour.CLOBBER);
  const { definition } = await newList(admin, 'Grade', ['Fine', 'Coarse']);
  await templates.acquireLock(id);
  await templates.updateMetadata(id, { [definition.id]: { listValue: 'Fine' } }, []);
  const documents = connection.service('DocumentService');
  const bytes = Buffer.from('a manual');
  const { uploadId } = await documents.beginUpload({
    teamId,
    name: 'manual.txt',
    size: bytes.length,
    mimeType: 'text/plain',
  });
  await documents.putChunk(uploadId, 0, bytes);
  const document = await documents.finishUpload(uploadId, createHash('sha256').update(bytes).digest('hex'));
  await templates.addDocument(id, (await templates.get(id)).version, document.id);
  await templates.releaseLock(id);
  await templates.publish(id);
  await templates.acquireLock(id);
  await templates.update(id, { title: 'Carrier of all' });
  await templates.publish(id);
  await withSheets(admin, ['P-1', 'P-2']);
}

async function seedJobs(): Promise<void> {
  const { jobs } = admin;
  const template = await publishedTemplate(admin, 'Two steps', [step('First'), step('Second')]);
  const [first, second] = leaves(template.stepGroup).map(leaf => leaf.id);
  const create = async (jobName: string) => (await jobs.createJobs(template.id, { jobName })).jobIds[0]!;
  const held = await create('Held');
  await jobs.startSteps(held, [first!]);
  await jobs.finishSteps(held, [first!]);
  await jobs.addHolds({ jobId: held, stepIds: [second!] });
  await jobs.addDependency({ jobId: await create('Waiting'), stepIds: [first!], dependentJobId: held });
  await jobs.addJobComment(held, 'hello');
  await jobs.setJobLocation(held, { points: [[8, 50]] });
  const passing = [step('a'), step('b', { flow: { condition: 'closed = 1' } }), step('c'), step('d')];
  const other = await publishedTemplate(admin, 'Passing', passing);
  const { jobIds } = await jobs.createJobs(other.id, {});
  const [a] = leaves(other.stepGroup).map(leaf => leaf.id);
  await jobs.startSteps(jobIds[0]!, [a!]);
  await jobs.finishSteps(jobIds[0]!, [a!]);
}

const here = checks.filter(({ on }) => on === undefined || on === engine);

class RolledBack extends Error {}

/** What the checks find, by their names, of a database with this damage. */
async function foundWith(damage?: Damage): Promise<Map<string, Finding[]>> {
  const found = new Map<string, Finding[]>();
  const look = async (db: Kysely<Database>): Promise<void> => {
    if (engine === 'postgres') await sql`set local session_replication_role = replica`.execute(db);
    if (damage) await sql.raw(typeof damage.sql === 'string' ? damage.sql : damage.sql[engine]!).execute(db);
    for (const check of here) {
      const findings: Finding[] = [];
      const tell = (finding: Finding) => findings.push(finding);
      const ground: Ground = { engine, db, reader: new Reader(db, engine, new TreeCache()), tell, progress: () => {} };
      await runCheck(check, ground);
      if (findings.length > 0) found.set(check.name, findings);
    }
    throw new RolledBack();
  };
  await connections.transaction(look).catch(error => {
    if (!(error instanceof RolledBack)) throw error;
  });
  return found;
}

const check = () => run(['check'], storeVariables(server.settings));

test('nothing is found in what the server has written, and each check is told in a line', async () => {
  const { exitCode, stdout, stderr } = await check();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toEqual([
    ...here.map(({ name }) => `ok     ${name}`),
    'Everything is as it must be.',
  ]);
  expect(await foundWith()).toEqual(new Map());
});

const damages = damagesOn(engine);

test('each check has a damage here, but that of the file', () => {
  const names = new Set(here.map(({ name }) => name));
  names.delete('the file is whole: pages, indexes, full-text index and R-tree');
  expect(new Set(Object.keys(damages))).toEqual(names);
});

describe('it is found where', () => {
  test.each(Object.entries(damages))('not: %s', async (name, { sql: _, ...told }) => {
    const findings = (await foundWith(damages[name])).get(name) ?? [];
    expect(findings).toContainEqual(expect.objectContaining(told));
    for (const { found, right } of findings) expect(found ?? null).not.toEqual(right ?? null);
  });
});

test('what is found names table, key, what is wrong and what would be right, and the exit code is 1', async () => {
  await sql`update jobs set open_holds = 7 where job_name = 'Held'`.execute(connections.writes);
  const { exitCode, stdout } = await check();
  await sql`update jobs set open_holds = 1 where job_name = 'Held'`.execute(connections.writes);
  expect(exitCode).toBe(1);
  const wrong = stdout.split('\n').filter(line => !line.startsWith('ok '));
  expect(wrong).toEqual([
    'wrong  jobs count their open holds: 1 finding',
    expect.stringMatching(/^ {7}jobs \([0-9a-f-]{36}, [0-9a-f-]{36}\): open_holds is 7; right would be 1$/),
    '1 finding; docs/admin.md says what to do.',
    '',
  ]);
  expect(await check()).toMatchObject({ exitCode: 0 });
});

test('what cannot be read is found, and the other checks go on', async () => {
  const unreadable = `update job_locations set geometry = 'no JSON'`;
  const broken = "update template_entries set documents = 'no JSON'";
  for (const [damage, name] of [
    [unreadable, 'jobs are found where they are'],
    [broken, 'documents of entries are there, and kept'],
  ] as const) {
    const found = await foundWith({ sql: damage, table: '', what: '' });
    expect(found.get(name)).toEqual([
      expect.objectContaining({ table: 'the database', what: 'what this check reads', found: expect.any(String) }),
    ]);
    expect([...found.keys()]).toEqual([name]);
  }
});

test('it writes nothing', async () => {
  const counted = async () =>
    (
      await sql<{ at: number }>`select sum(revision) + (select count(*) from job_history) as at from jobs`.execute(
        connections.reads,
      )
    ).rows;
  const before = await counted();
  await check();
  expect(await counted()).toEqual(before);
});
