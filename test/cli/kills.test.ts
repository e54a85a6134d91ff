/**
 * Killed at random moments while everybody writes: planners make jobs, workers run them, authors edit, a dozen connections at once, so
 * that writes share their commits. After each kill the server is started again on the same files and asked for everything that it
 * acknowledged; what was under way may or may not have come to pass, but never half.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import type { JobTemplate } from '#gen/job_template_types';
import { StepState } from '#gen/jobs_types';
import { type ClientConnection, ConnectionLost, connect } from '../../src/client/connect.ts';
import { engine, freshDatabase, type TestDatabase } from '../support/database.ts';
import { run, type ServerProcess, serve, storeVariables } from '../support/process.ts';
import { group, step } from '../support/trees.ts';

/** PostgreSQL has its own recovery, and its own tests of it: here it is only the server that is killed. */
const KILLS = engine === 'sqlite' ? 200 : 15;
const OF_EACH_KIND = 4;
const LONGEST_LOAD_MS = 150;
const JOBS_PER_CALL = 3;

const admin = { email: 'admin@localhost', password: 'administrators-password' };

let database: TestDatabase;
let server: ServerProcess;
let token: string;

beforeAll(async () => {
  database = await freshDatabase();
  server = await serve(database.settings, { JOBWRIGHT_ADMIN_PASSWORD: admin.password });
});
afterAll(async () => {
  await server.end('SIGKILL');
  await database.drop();
});

async function logged(): Promise<ClientConnection> {
  const connection = await connect(server.address);
  await connection.service('AuthenticationService').authenticate(token);
  return connection;
}

/** Somebody who writes until the server is gone, and knows what was acknowledged. */
interface Writer {
  /** @returns false when there was nothing to do */
  write(connection: ClientConnection): Promise<boolean>;
  /** @throws when something that was acknowledged is not there */
  check(connection: ClientConnection): Promise<void>;
}

/** All jobs that were acknowledged. */
const made: string[] = [];

class Planner implements Writer {
  readonly #templateId: string;
  readonly #name: string;
  #calls = 0;
  /** The ids of its last jobs; undefined as long as the answer has not come. */
  #last: string[] | undefined;

  constructor(templateId: string, name: string) {
    this.#templateId = templateId;
    this.#name = name;
  }

  get calls(): number {
    return this.#calls;
  }

  async write(connection: ClientConnection): Promise<boolean> {
    this.#calls++;
    this.#last = undefined;
    this.#last = await this.#create(connection);
    made.push(...this.#last);
    return true;
  }

  async check(connection: ClientConnection): Promise<void> {
    if (this.#calls === 0) return;
    const again = await this.#create(connection);
    if (this.#last) expect(again).toEqual(this.#last);
    else made.push(...again);
    this.#last = again;
  }

  /** Repeated with the same requestId it answers with the same jobs. */
  async #create(connection: ClientConnection): Promise<string[]> {
    const asked = { requestId: `${this.#name} ${this.#calls}`, numberOfJobs: JOBS_PER_CALL };
    const { jobIds } = await connection.service('JobsService').createJobs(this.#templateId, asked);
    expect(jobIds.length).toBe(JOBS_PER_CALL);
    return jobIds;
  }
}

/** Starts and finishes the two steps of one job after the other. */
class Worker implements Writer {
  #job: string | undefined;
  /** Acts that were acknowledged of the four that a job takes; the next may have been carried out as well. */
  #acts = 0;

  async write(connection: ClientConnection): Promise<boolean> {
    const jobs = connection.service('JobsService');
    if (!this.#job || this.#acts === 4) {
      this.#job = made.shift();
      this.#acts = 0;
    }
    if (!this.#job) return false;
    const act = this.#acts % 2 === 0 ? jobs.startSteps(this.#job, []) : jobs.finishSteps(this.#job, []);
    expect(await act).toMatchObject({ success: true });
    this.#acts++;
    return true;
  }

  async check(connection: ClientConnection): Promise<void> {
    if (!this.#job) return;
    const { closed, currentSteps } = await connection.service('JobsService').getJob(this.#job, {});
    const [current] = currentSteps;
    const started = !current || current.state === StepState.READY ? 0 : 1;
    const acts = closed ? 4 : current?.stepName === 'Look' ? started : 2 + started;
    expect([this.#acts, this.#acts + 1]).toContain(acts);
    this.#acts = acts;
  }
}

class Author implements Writer {
  readonly #template: JobTemplate;
  #version: number;
  #title = '';
  #asked = '';

  constructor(template: JobTemplate) {
    this.#template = template;
    this.#version = template.version;
  }

  async write(connection: ClientConnection): Promise<boolean> {
    const place = this.#template.stepGroup.children[0]!.id;
    this.#asked = `Reading ${Math.random()}`;
    const { internalVersion } = await connection
      .service('JobTemplateService')
      .addStepModular(this.#template.id, place, step(this.#asked), 0, true);
    [this.#version, this.#title] = [internalVersion, this.#asked];
    return true;
  }

  async check(connection: ClientConnection): Promise<void> {
    const now = await connection.service('JobTemplateService').get(this.#template.id);
    const first = now.stepGroup.children[0]!.children[0]!.title;
    if (this.#title)
      expect([`${this.#version} ${this.#title}`, `${this.#version + 1} ${this.#asked}`]).toContain(
        `${now.version} ${first}`,
      );
    [this.#version, this.#title] = [now.version, first];
  }
}

const newTemplate = async (connection: ClientConnection, teamId: string): Promise<JobTemplate> => {
  const templates = connection.service('JobTemplateService');
  const { id, stepGroup } = await templates.create(teamId, { title: 'Rounds' }, []);
  await templates.acquireLock(id);
  await templates.addStepGroupModular(id, stepGroup.id, group('Round', [step('Look'), step('Write down')]), -1, false);
  return templates.get(id);
};

/** Lets everybody write, kills the server at a random moment after the first answer, and waits until all have noticed. */
async function killedUnderLoad(writers: readonly Writer[]): Promise<void> {
  const connections = await Promise.all(writers.map(logged));
  const first = Promise.withResolvers<void>();
  let killed = false;
  const work = async (writer: Writer, connection: ClientConnection) => {
    // Who has nothing to do asks nothing, and so does not notice by itself.
    while (!killed) {
      if (await writer.write(connection)) first.resolve();
      else await pause(5);
    }
  };
  const ended = Promise.allSettled(writers.map((writer, index) => work(writer, connections[index]!)));
  await Promise.race([first.promise, ended]);
  await pause(Math.random() * LONGEST_LOAD_MS);
  killed = true;
  await server.end('SIGKILL');
  for (const outcome of await ended)
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ConnectionLost)) throw outcome.reason;
}

test(`killed ${KILLS} times under load, the server comes back with all that it acknowledged, and nothing half done`, async () => {
  const connection = await connect(server.address);
  const login = await connection.service('AuthenticationService').login(admin.email, admin.password, {});
  token = login.authToken;
  const teamId = Object.keys(login.teamIdToInfo)[0]!;
  const published = await newTemplate(connection, teamId);
  await connection.service('JobTemplateService').publish(published.id);
  const planners = Array.from({ length: OF_EACH_KIND }, (_, n) => new Planner(published.id, `planner ${n}`));
  const workers = Array.from({ length: OF_EACH_KIND }, () => new Worker());
  const authors: Author[] = [];
  for (let n = 0; n < OF_EACH_KIND; n++) authors.push(new Author(await newTemplate(connection, teamId)));
  const writers: Writer[] = [...planners, ...workers, ...authors];
  for (let kills = 0; kills < KILLS; kills++) {
    await killedUnderLoad(writers);
    server = await serve(database.settings);
    const checking = await logged();
    await Promise.all(writers.map(writer => writer.check(checking)));
    await checking.close();
  }
  await server.end('SIGTERM');
  const jobs = planners.reduce((sum, { calls }) => sum + calls * JOBS_PER_CALL, 0);
  expect(await counted()).toEqual([
    { what: 'jobs', n: jobs },
    ...[
      'jobs without history',
      'jobs without their event',
      'jobs without a current step, though open',
      'started without history',
      'finished without history',
      'entries without a tree',
    ].map(what => ({ what, n: 0 })),
  ]);
  expect(await run(['check'], storeVariables(database.settings))).toMatchObject({ exitCode: 0 });
}, 900_000);

/** Numbers, and what would be half of something. */
const COUNTS = `
  select 'jobs' as what, count(*) as n from jobs
  union all select 'jobs without history', count(*) from jobs j
    where not exists (select 1 from job_history h where h.team_id = j.team_id and h.job_id = j.job_id)
  union all select 'jobs without their event', count(*) from jobs j
    where not exists (select 1 from events e where e.team_id = j.team_id and e.job_id = j.job_id)
  union all select 'jobs without a current step, though open', count(*) from jobs j
    where closed = 0 and not exists (select 1 from job_steps s where s.team_id = j.team_id and s.job_id = j.job_id and s.current = 1)
  union all select 'started without history', count(*) from job_steps s where started_at is not null
    and not exists (select 1 from job_history h where h.team_id = s.team_id and h.job_id = s.job_id and h.step_id = s.step_id)
  union all select 'finished without history', count(*) from job_steps s where finished_at is not null
    and 2 > (select count(*) from job_history h where h.team_id = s.team_id and h.job_id = s.job_id and h.step_id = s.step_id)
  union all select 'entries without a tree', count(*) from template_entries t
    where not exists (select 1 from step_nodes n where n.team_id = t.team_id and n.hash = t.root_hash)`;

async function counted(): Promise<unknown[]> {
  if (database.settings.engine === 'sqlite') {
    const db = new SQLite(database.settings.file, { readonly: true });
    const rows = db.prepare(COUNTS).all();
    db.close();
    return rows;
  }
  const client = new pg.Client({ connectionString: database.settings.url });
  await client.connect();
  const { rows } = await client.query(COUNTS);
  await client.end();
  return rows.map(({ what, n }) => ({ what, n: Number(n) }));
}
