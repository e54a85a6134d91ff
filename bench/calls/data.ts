/**
 * What both servers begin with: 10,000 templates and 10,000 jobs, made through the server, and a copy of its database for the bare
 * one. On the way, each call is made once and heard: what it writes, and what it answers.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import type { TemplateOrder, TemplateSelectOpts, TemplateWhereOpts } from '#gen/job_template_types';
import { SortOrderType } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { systemClock } from '../../src/base/clock.ts';
import { uuids } from '../../src/base/ids.ts';
import { createLogger } from '../../src/base/logger.ts';
import { type ClientConnection, connect } from '../../src/client/connect.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { group, step } from '../../test/support/trees.ts';
import type { Answers, BareSettings } from '../bare/settings.ts';
import { Heard, type Writes } from './writes.ts';

export const ADMINISTRATOR = { email: 'admin@localhost', password: 'administrators-password', teamName: 'Plant' };
export const TEMPLATES = 10_000;
export const JOBS = 10_000;
export const STEPS = 20;
/** As many as are ever in flight: each edits a template of its own. */
export const AUTHORS = 32;
const AT_ONCE = 8;

export interface Data {
  readonly store: { readonly engine: 'sqlite'; readonly file: string; readonly synchronous: 'FULL' };
  readonly token: string;
  readonly teamId: string;
  /** Published, of 20 steps. */
  readonly templateId: string;
  /** Locked by the token. */
  readonly own: readonly { readonly id: string; readonly place: string }[];
  readonly library: readonly string[];
  readonly jobIds: readonly string[];
  readonly bare: BareSettings;
  /** The same as a file. */
  readonly bareSettings: string;
  /** What the server writes, by the bare server's route. */
  readonly writes: ReadonlyMap<string, Writes>;
}

export const aStep = (): BaseStep => step(`Check the bearing temperature, reading ${Math.random()}`);
export const twentySteps = (): BaseStep[] => [group('Readings', Array.from({ length: STEPS }, aStep))];

/** @param folder where everything is put */
export async function newData(folder: string): Promise<Data> {
  const file = join(folder, 'jobwright.db');
  const heard = new Heard(file);
  // Nobody needs these to survive a power cut in the middle.
  const server = await startServer(
    { store: { engine: 'sqlite', file, synchronous: 'NORMAL' }, host: '127.0.0.1', port: 0, version: '0' },
    { logger: createLogger('error'), onStatement: text => heard.statement(text) },
  );
  try {
    return await made(folder, file, server, heard);
  } finally {
    heard.close();
    await server.stop(0);
  }
}

async function made(folder: string, file: string, server: RunningServer, heard: Heard): Promise<Data> {
  await firstStart(server.store, systemClock.now(), uuids, ADMINISTRATOR);
  const connection = await connect(server);
  const { email, password } = ADMINISTRATOR;
  const login = await connection.service('AuthenticationService').login(email, password, {});
  const teamId = Object.keys(login.teamIdToInfo)[0]!;
  const { templateId, lockedId, jobId, answers } = await sampled(connection, teamId, heard);
  const templates = connection.service('JobTemplateService');
  const library: string[] = [];
  while (library.length < TEMPLATES) {
    const clones = Array.from({ length: AT_ONCE }, () => templates.cloneTemplate(templateId));
    library.push(...(await Promise.all(clones)).map(({ id }) => id));
  }
  const own: { id: string; place: string }[] = [];
  for (const id of library.slice(0, AUTHORS)) {
    await templates.acquireLock(id);
    own.push({ id, place: (await templates.get(id)).stepGroup.children[0]!.id });
  }
  const { jobIds } = await connection.service('JobsService').createJobs(templateId, { numberOfJobs: JOBS });
  await connection.close();
  const bare: BareSettings = { file: join(folder, 'bare.db'), teamId, templateId, lockedId, jobId, answers };
  copyOf(file, bare.file);
  const bareSettings = join(folder, 'bare.json');
  await writeFile(bareSettings, JSON.stringify(bare));
  const store = { engine: 'sqlite', file, synchronous: 'FULL' } as const;
  const data = { store, teamId, templateId, own, library, jobIds, bare, bareSettings };
  return { ...data, token: login.authToken, writes: heard.writes };
}

/** Each call once. */
async function sampled(connection: ClientConnection, teamId: string, heard: Heard) {
  const templates = connection.service('JobTemplateService');
  const jobs = connection.service('JobsService');
  const create = await heard.during('create', () => templates.create(teamId, { title: 'Readings of a day' }, []));
  const templateId = create.id;
  const lock = await heard.during('acquireLock', () => templates.acquireLock(templateId));
  const tree = { ...create.stepGroup, children: twentySteps() };
  await heard.during('updateStepGroup', () => templates.updateStepGroup(templateId, tree));
  await templates.publish(templateId);
  await templates.releaseLock(templateId);
  // As most are published: the titles of its steps are known.
  const { id: cloneId } = await templates.cloneTemplate(templateId);
  const template = await heard.during('publish', () => templates.publish(cloneId));
  const { id: lockedId, stepGroup } = await templates.cloneTemplate(templateId);
  await templates.acquireLock(lockedId);
  const place = stepGroup.children[0]!.id;
  const modular = await heard.during('addStep', () => templates.addStepModular(lockedId, place, aStep(), 0, true));
  await heard.during('update', () => templates.update(lockedId, { title: 'Readings of a night' }));
  const { templates: heads } = await templates.query(HEADS, pageOf(teamId, 0), BY_TITLE);
  const { jobIds } = await heard.during('createJob', () => jobs.createJobs(templateId, {}));
  const jobId = jobIds[0]!;
  await heard.during('startSteps', () => jobs.startSteps(jobId, []));
  await heard.during('finishSteps', () => jobs.finishSteps(jobId, []));
  const job = await jobs.getJob(jobId, {});
  const { fields } = await jobs.queryJobs(pageOfJobs(0));
  const answers = withoutUnset({ create, lock, template, modular, head: heads[0]!, job, fields }) as unknown as Answers;
  return { templateId, lockedId, jobId, answers };
}

/** What is unset is left out, as a server that speaks JSON leaves it out. */
const withoutUnset = <T>(value: T): T => JSON.parse(JSON.stringify(value, (_, part) => part ?? undefined));

export const HEADS = {} as TemplateSelectOpts;
export const BY_TITLE: TemplateOrder[] = [{ field: 1, asc: true }];
export const PAGE = 50;

export const pageOf = (teamId: string, skip: number): TemplateWhereOpts =>
  ({ teamId, isArchived: false, pageReq: { size: PAGE, skip, count: false } }) as TemplateWhereOpts;

/** @param also a condition */
export const pageOfJobs = (start: number, also = '') => ({
  q: `closed = 0${also}`,
  fields: ['jobId', 'jobName', 'priority', 'dueDate'],
  sortFields: ['priority', 'dueDate'].map(field => ({ field, sortOrder: SortOrderType.Asc })),
  num: PAGE,
  start,
});

function copyOf(file: string, copy: string): void {
  const db = new SQLite(file, { readonly: true });
  db.exec(`vacuum into '${copy}'`);
  db.close();
}
