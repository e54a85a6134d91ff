/**
 * A backup that is taken while people work is as of one moment: whatever was acknowledged before it began is in it, nothing is in it by
 * half, and `jobwright check` finds nothing in what is restored from it. Twenty times, while the writers never pause.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import { pino } from 'pino';
import { JobHistoryAction } from '#gen/jobs_types';
import { connect } from '../../../src/client/connect.ts';
import { startServer } from '../../../src/server/server.ts';
import { run, storeVariables } from '../../support/process.ts';
import { ADMIN, TestServer } from '../../support/server.ts';
import { JOBS_PER_CALL, type Ledger, Load } from './load.ts';

const WRITERS = 3;

let folder: string;
let server: TestServer;
let load: Load;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobwright-backup-'));
  server = await TestServer.start();
  load = await Load.start(server, WRITERS);
});
afterAll(async () => {
  await load.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

type Marks = ReturnType<Ledger['marks']>;

/** What was acknowledged before a moment. */
function acknowledged<L extends keyof Ledger & string>(list: L, marks: Marks): Ledger[L] {
  return (load.ledger[list] as unknown[]).slice(0, marks[list]) as unknown as Ledger[L];
}

/** Every job and every step that was acknowledged, and no createJobs by half. */
function expectJobs(file: string, marks: Marks): void {
  const db = new SQLite(file, { readonly: true });
  const batches = db.prepare('select description, count(*) as jobs from jobs group by 1').all() as {
    description: string;
    jobs: number;
  }[];
  const counts = new Map(batches.map(({ description, jobs }) => [description, jobs]));
  const deleted = new Set(acknowledged('deleted', marks));
  for (const batch of acknowledged('batches', marks))
    expect({ batch, jobs: counts.get(batch) }).toEqual({ batch, jobs: expect.any(Number) });
  // One of each may be deleted.
  for (const [, jobs] of counts) expect([JOBS_PER_CALL, JOBS_PER_CALL - 1]).toContain(jobs);
  const ids = new Set(db.prepare('select job_id from jobs').pluck().all());
  expect([...deleted].filter(id => ids.has(id))).toEqual([]);
  const finished = new Set(
    db
      .prepare(`select job_id || ' ' || step_id from job_history where action = ?`)
      .pluck()
      .all(JobHistoryAction.Finished),
  );
  expect(acknowledged('finished', marks).filter(({ jobId, stepId }) => !finished.has(`${jobId} ${stepId}`))).toEqual(
    [],
  );
  const notes = new Map(db.prepare('select job_id, notes from jobs').raw().all() as [string, string][]);
  expect(acknowledged('notes', marks).filter(({ jobId, notes: text }) => notes.get(jobId) !== text)).toEqual([]);
  db.close();
}

/** Over the wire: the newest entry and the publication that were acknowledged last. */
async function expectServed(file: string, marks: Marks): Promise<void> {
  const settings = { engine: 'sqlite', file, synchronous: 'FULL' } as const;
  const restored = await startServer(
    { store: settings, host: '127.0.0.1', port: 0, version: 'test' },
    { logger: pino({ level: 'silent' }) },
  );
  const connection = await connect({ host: restored.host, port: restored.port });
  await connection.service('AuthenticationService').login(ADMIN.email, ADMIN.password, {});
  const templates = connection.service('JobTemplateService');
  const edit = acknowledged('edits', marks).at(-1);
  if (edit) expect((await templates.get(edit.templateId)).version).toBeGreaterThanOrEqual(edit.internalVersion);
  const published = acknowledged('publications', marks).at(-1);
  if (published) {
    const { title } = await templates.getPublicVersion(published.templateId, published.publicVersion);
    expect(title).toBe(published.title);
  }
  const job = acknowledged('notes', marks).at(-1);
  if (job) expect((await connection.service('JobsService').getJob(job.jobId, {})).notes).toBe(job.notes);
  await connection.close();
  await restored.stop();
}

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  'backup %i restores to a consistent state',
  async round => {
    const [file, data] = [join(folder, `${round}.backup`), join(folder, `${round}`)];
    const before = load.ledger.marks();
    const backup = await run(['backup', file], storeVariables(server.settings));
    expect({ ...backup, stdout: '' }).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.not.stringContaining('jobwright'),
    });
    const after = load.ledger.marks();
    // The writers have not paused: what is below was proven under load.
    expect(after.batches).toBeGreaterThan(before.batches);
    const restore = await run(['restore', file], { JOBWRIGHT_DATA: data });
    expect(restore).toMatchObject({ exitCode: 0 });
    const check = await run(['check'], { JOBWRIGHT_DATA: data });
    expect({ exitCode: check.exitCode, stdout: check.stdout }).toEqual({
      exitCode: 0,
      stdout: expect.not.stringContaining('wrong'),
    });
    const restored = join(data, 'jobwright.db');
    expectJobs(restored, before);
    await expectServed(restored, before);
    await rm(data, { recursive: true });
    await rm(file);
  },
);
