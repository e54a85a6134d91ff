/** What size costs: large templates, many jobs in one call, many logins at once, and a start beside what there is. README.md says what is asked. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import type { TemplateSelectOpts } from '#gen/job_template_types';
import { type Address, type ClientConnection, connect } from '../src/client/connect.ts';
import { type ServerProcess, serve } from '../test/support/process.ts';
import { group, step } from '../test/support/trees.ts';
import { measure, quantile, residentMegabytes } from './measure.ts';

const EMAIL = 'admin@localhost';
const PASSWORD = 'administrators-password';
const EDITS = 25;
/** Of `measure`: one that warms up, and five. */
const EDITS_IN_ALL = 6 * EDITS;
const LOGINS = 50;
const STEPS_OF_A_GROUP = 50;

/** In milliseconds: until the answer is decoded, and of these the CPU time of the server. */
interface Taken {
  readonly milliseconds: number;
  readonly server: number;
}

export interface SizeFigures {
  readonly editOf1000: Taken;
  readonly growthBytes: number;
  readonly create1000Jobs: Taken;
  readonly create10000Jobs: Taken;
  readonly fetchOf5000: Taken;
  readonly editOf5000: Taken;
  readonly historyOf5000: Taken;
  readonly whileLoggingIn: { readonly p50: number; readonly p99: number; readonly seconds: number };
  readonly startMilliseconds: number;
  readonly megabytes: number;
}

/** Prints a line for each. */
export async function measureSizes(print: (line: string) => void): Promise<SizeFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-sizes-'));
  try {
    const figures = await measureIn(folder);
    for (const line of lines(figures)) print(line);
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIn(folder: string): Promise<SizeFigures> {
  const store = { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL' } as const;
  await (await serve(store, { JOBWRIGHT_ADMIN_PASSWORD: PASSWORD })).end('SIGTERM');
  const began = performance.now();
  const server = await serve(store);
  const startMilliseconds = performance.now() - began;
  try {
    const connection = await connect(server.address);
    await connection.service('AuthenticationService').login(EMAIL, PASSWORD, {});
    const teamId = (await connection.service('TeamService').index())[0]!.id;
    const figures = {
      ...(await ofTemplates(connection, server, teamId, store.file)),
      ...(await ofJobs(connection, server, teamId)),
      startMilliseconds,
      megabytes: await residentMegabytes(server.pid),
    };
    await connection.close();
    return figures;
  } finally {
    await server.end('SIGTERM');
  }
}

async function taken({ pid }: ServerProcess, calls: number, act: () => Promise<unknown>): Promise<Taken> {
  const { p50, serverMicroseconds = Number.NaN } = await measure(1, calls, act, pid);
  return { milliseconds: p50, server: serverMicroseconds / 1000 };
}

const aStep = () => step(`Reading ${Math.random()}`);

/** A template of groups of 50 steps, its lock held. @returns its id, and that of its first group */
async function newTemplate(connection: ClientConnection, teamId: string, steps: number) {
  const templates = connection.service('JobTemplateService');
  const { id, stepGroup } = await templates.create(teamId, { title: `${steps} steps` }, []);
  await templates.acquireLock(id);
  const children = Array.from({ length: Math.ceil(steps / STEPS_OF_A_GROUP) }, () =>
    group('Readings', Array.from({ length: Math.min(steps, STEPS_OF_A_GROUP) }, aStep)),
  );
  const whole = await templates.updateStepGroup(id, { ...stepGroup, children });
  return { id, place: whole.stepGroup.children[0]!.id };
}

async function ofTemplates(connection: ClientConnection, server: ServerProcess, teamId: string, file: string) {
  const templates = connection.service('JobTemplateService');
  const editing =
    ({ id, place }: { id: string; place: string }) =>
    () =>
      templates.addStepModular(id, place, aStep(), 0, true);
  const middle = await newTemplate(connection, teamId, 1000);
  const before = await databaseBytes(file);
  const editOf1000 = await taken(server, EDITS, editing(middle));
  const growthBytes = ((await databaseBytes(file)) - before) / EDITS_IN_ALL;
  const large = await newTemplate(connection, teamId, 5000);
  const editOf5000 = await taken(server, 10, editing(large));
  const { version } = await templates.get(large.id);
  const fetchOf5000 = await taken(server, 10, () =>
    templates.fetch({ includeSteps: true } as TemplateSelectOpts, [large.id]),
  );
  const historyOf5000 = await taken(server, 10, () => templates.getHistory(large.id, [version], version - 1));
  return { editOf1000, growthBytes, editOf5000, fetchOf5000, historyOf5000 };
}

async function ofJobs(connection: ClientConnection, server: ServerProcess, teamId: string) {
  const { id } = await newTemplate(connection, teamId, 20);
  await connection.service('JobTemplateService').publish(id);
  const making = (numberOfJobs: number) => () => connection.service('JobsService').createJobs(id, { numberOfJobs });
  return {
    create1000Jobs: await taken(server, 5, making(1000)),
    create10000Jobs: await taken(server, 1, making(10_000)),
    whileLoggingIn: await whileLoggingIn(server.address, connection, id),
  };
}

/** Reads one job after the other for as long as LOGINS users log in at once, each on a connection of its own. */
async function whileLoggingIn(address: Address, connection: ClientConnection, templateId: string) {
  const jobs = connection.service('JobsService');
  const jobId = (await jobs.createJobs(templateId, {})).jobIds[0]!;
  const others = await Promise.all(Array.from({ length: LOGINS }, () => connect(address)));
  const began = performance.now();
  let done = false;
  const logins = Promise.all(
    others.map(other => other.service('AuthenticationService').login(EMAIL, PASSWORD, {})),
  ).finally(() => {
    done = true;
  });
  const times: number[] = [];
  while (!done) {
    const before = performance.now();
    await jobs.getJob(jobId, {});
    times.push(performance.now() - before);
  }
  await logins;
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(others.map(other => other.close()));
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), seconds };
}

/** Bytes of the database and of what is not yet moved into it. */
async function databaseBytes(file: string): Promise<number> {
  const db = new SQLite(file);
  db.pragma('wal_checkpoint(truncate)');
  db.close();
  return (await stat(file)).size;
}

function lines(figures: SizeFigures): string[] {
  const { whileLoggingIn: reading } = figures;
  const text = ({ milliseconds, server }: Taken) => `${milliseconds.toFixed(1)} ms (server ${server.toFixed(1)})`;
  return [
    `edit of one step of 1,000      ${text(figures.editOf1000)}, the database grows by ${(figures.growthBytes / 1024).toFixed(1)} KB`,
    `template of 5,000 steps        fetch ${text(figures.fetchOf5000)}, edit of a step ${text(figures.editOf5000)}, getHistory of neighbours ${text(figures.historyOf5000)}`,
    `createJobs, 1,000 in one call  ${text(figures.create1000Jobs)}`,
    `createJobs, 10,000 in one call ${text(figures.create10000Jobs)}`,
    `getJob while ${LOGINS} log in        p50 ${reading.p50.toFixed(1)} ms, p99 ${reading.p99.toFixed(1)} ms; the logins took ${reading.seconds.toFixed(1)} s in all`,
    `second start to ready          ${figures.startMilliseconds.toFixed(0)} ms`,
    `resident memory                ${figures.megabytes.toFixed(0)} MB after all of this`,
  ];
}
