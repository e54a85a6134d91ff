/**
 * What the main calls cost, on a server in a process of its own, SQLite with synchronous=FULL, the load from this process over TCP.
 * README.md says how to read the table.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobTemplate, TemplateSelectOpts } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { type Address, type ClientConnection, connect } from '../src/client/connect.ts';
import { serve } from '../test/support/process.ts';
import { group, step } from '../test/support/trees.ts';
import { type BareTemplates, bareTemplates } from './bare.ts';
import { bareDatabase, databaseBytes, type Measured, measure, residentMegabytes } from './measure.ts';
import { linesOfTemplates, manyTemplates, measureLarge, type TemplateFigures } from './templates.ts';

const PASSWORD = 'administrators-password';
const CONNECTIONS = 8;
const EDITS = 25;
const LOGINS = 50;

const templatesOf = (connection: ClientConnection) => connection.service('JobTemplateService');
const jobsOf = (connection: ClientConnection) => connection.service('JobsService');
const aStep = (): BaseStep => step(`Check the bearing temperature, reading ${Math.random()}`);

export interface CallRow extends Measured {
  readonly operation: string;
  readonly inFlight: number;
  /** What the bare database does per second of the same kind. */
  readonly barePerSecond: number;
}

export interface CallFigures {
  readonly rows: readonly CallRow[];
  readonly editOf1000Milliseconds: number;
  readonly growthBytes: number;
  readonly create1000JobsMilliseconds: number;
  readonly whileLoggingIn: { readonly p50: number; readonly p99: number; readonly seconds: number };
  readonly templates: TemplateFigures;
  readonly startMilliseconds: number;
  readonly idleMegabytes: number;
  readonly lastMegabytes: number;
}

/** Prints the table while it measures. */
export async function measureCalls(print: (line: string) => void): Promise<CallFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-bench-'));
  try {
    return await measureIn(folder, print);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIn(folder: string, print: (line: string) => void): Promise<CallFigures> {
  const store = { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL' } as const;
  const rowsOnly = await bareDatabase(folder);
  await (await serve(store, { JOBWRIGHT_ADMIN_PASSWORD: PASSWORD })).end('SIGTERM');
  const started = performance.now();
  const server = await serve(store);
  const startMilliseconds = performance.now() - started;
  try {
    const idleMegabytes = await residentMegabytes(server.pid);
    const connections = await logIn(server.address);
    const [first] = connections as [ClientConnection];
    const teamId = (await first.service('TeamService').index())[0]!.id;
    const small = await newTemplate(first, teamId, 20);
    const large = await newTemplate(first, teamId, 1000);
    await templatesOf(first).publish(small.id);

    print('operation                        in flight     calls/s   p50 ms   p99 ms   bare/s   ratio   server µs');
    const rows: CallRow[] = [];
    const bareOfTemplates = await bareTemplates(store.file, join(folder, 'bare-templates.db'), teamId, small.id);
    const bare = { ...rowsOnly, ...bareOfTemplates };
    const measured = async ({ operation, yardstick, call }: Operation, inFlight: number) => {
      const figures = await measure(inFlight, inFlight === 1 ? 200 : 400, call, server.pid);
      const row = { operation, inFlight, ...figures, barePerSecond: yardstick };
      rows.push(row);
      print(lineOf(row));
    };
    for (const inFlight of [1, CONNECTIONS])
      for (const operation of await operations(connections, small, bare)) await measured(operation, inFlight);
    const library = await manyTemplates(connections, small.id);
    const copy = join(folder, 'bare-library.db');
    const bareOfMany = await bareTemplates(store.file, copy, teamId, small.id);
    for (const operation of library.operations(teamId, bareOfMany))
      for (const inFlight of [1, CONNECTIONS]) await measured(operation, inFlight);
    print('');
    const edits = await measureEdits(first, large, store.file);
    const { perSecond } = await measure(1, 5, () => jobsOf(first).createJobs(small.id, { numberOfJobs: 1000 }));
    const whileLoggingIn = await measureWhileLoggingIn(server.address, first, small.id);
    const templates = await measureLarge(first, teamId, server.pid);
    const lastMegabytes = await residentMegabytes(server.pid);
    await Promise.all(connections.map(connection => connection.close()));
    const create1000JobsMilliseconds = 1000 / perSecond;
    const figures = {
      rows,
      ...edits,
      create1000JobsMilliseconds,
      whileLoggingIn,
      templates,
      startMilliseconds,
      idleMegabytes,
      lastMegabytes,
    };
    for (const line of linesBelow(figures)) print(line);
    return figures;
  } finally {
    await server.end('SIGTERM');
  }
}

function lineOf({ operation, inFlight, perSecond, p50, p99, barePerSecond, serverMicroseconds }: CallRow): string {
  return [
    operation.padEnd(32),
    String(inFlight).padStart(9),
    perSecond.toFixed(0).padStart(11),
    p50.toFixed(2).padStart(8),
    p99.toFixed(2).padStart(8),
    barePerSecond.toFixed(0).padStart(8),
    (perSecond / barePerSecond).toFixed(3).padStart(7),
    (serverMicroseconds ?? Number.NaN).toFixed(0).padStart(11),
  ].join(' ');
}

const linesBelow = (figures: CallFigures): string[] => [
  `edit of one step of 1,000        ${figures.editOf1000Milliseconds.toFixed(1)} ms, the database grows by ${(figures.growthBytes / 1024).toFixed(1)} KB`,
  `createJobs, 1,000 in one call    ${figures.create1000JobsMilliseconds.toFixed(0)} ms`,
  `getJob while ${LOGINS} log in          p50 ${figures.whileLoggingIn.p50.toFixed(1)} ms, p99 ${figures.whileLoggingIn.p99.toFixed(1)} ms; the logins took ${figures.whileLoggingIn.seconds.toFixed(1)} s in all`,
  ...linesOfTemplates(figures.templates),
  `second start to ready            ${figures.startMilliseconds.toFixed(0)} ms`,
  `resident memory                  ${figures.idleMegabytes.toFixed(0)} MB idle, ${figures.lastMegabytes.toFixed(0)} MB after all of this`,
];

async function measureEdits(
  connection: ClientConnection,
  { id, stepGroup }: JobTemplate,
  file: string,
): Promise<Pick<CallFigures, 'editOf1000Milliseconds' | 'growthBytes'>> {
  const before = await databaseBytes(file);
  const place = stepGroup.children[0]!.id;
  const { p50 } = await measure(1, EDITS, () => templatesOf(connection).addStepModular(id, place, aStep(), 0, true));
  return { editOf1000Milliseconds: p50, growthBytes: ((await databaseBytes(file)) - before) / (6 * EDITS) };
}

/** Reads one job after the other for as long as LOGINS users log in at once, each on a connection of its own. */
async function measureWhileLoggingIn(
  address: Address,
  connection: ClientConnection,
  templateId: string,
): Promise<CallFigures['whileLoggingIn']> {
  const jobId = (await jobsOf(connection).createJobs(templateId, {})).jobIds[0]!;
  const others = await Promise.all(Array.from({ length: LOGINS }, () => connect(address)));
  const began = performance.now();
  let done = false;
  const logins = Promise.all(
    others.map(other => other.service('AuthenticationService').login('admin@localhost', PASSWORD, {})),
  ).then(() => {
    done = true;
  });
  const times: number[] = [];
  while (!done) {
    const before = performance.now();
    await jobsOf(connection).getJob(jobId, {});
    times.push(performance.now() - before);
  }
  await logins;
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(others.map(other => other.close()));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!;
  return { p50: at(0.5), p99: at(0.99), seconds };
}

/** One token on all connections, so that all hold the same locks. */
async function logIn(address: Address): Promise<ClientConnection[]> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(address)));
  const { authToken } = await connections[0]!.service('AuthenticationService').login('admin@localhost', PASSWORD, {});
  for (const connection of connections) await connection.service('AuthenticationService').authenticate(authToken);
  return connections;
}

/** A template of groups of 40 steps, its lock held. */
async function newTemplate(connection: ClientConnection, teamId: string, steps: number): Promise<JobTemplate> {
  const templates = templatesOf(connection);
  const template = await templates.create(teamId, { title: `${steps} steps` }, []);
  await templates.acquireLock(template.id);
  for (let left = steps; left > 0; left -= 40) {
    const children = Array.from({ length: Math.min(left, 40) }, aStep);
    await templates.addStepGroupModular(template.id, template.stepGroup.id, group('Readings', children), -1, false);
  }
  return templates.get(template.id);
}

export interface Operation {
  readonly operation: string;
  /** What the bare database does per second of the same kind: commits or reads of a row, or what the call itself does. */
  readonly yardstick: number;
  readonly call: (worker: number) => Promise<unknown>;
}

async function operations(
  connections: readonly ClientConnection[],
  template: JobTemplate,
  bare: Awaited<ReturnType<typeof bareDatabase>> & BareTemplates,
): Promise<Operation[]> {
  const templates = (worker: number) => templatesOf(connections[worker]!);
  const jobs = (worker: number) => jobsOf(connections[worker]!);
  const place = template.stepGroup.children[0]!.id;
  const { jobIds } = await jobs(0).createJobs(template.id, { numberOfJobs: CONNECTIONS });
  const startAndFinish = async (worker: number) => {
    await jobs(worker).startSteps(jobIds[worker]!, []);
    const { success } = await jobs(worker).finishSteps(jobIds[worker]!, []);
    if (!success) jobIds[worker] = (await jobs(worker).createJobs(template.id, {})).jobIds[0]!;
  };
  return [
    {
      operation: 'ping',
      yardstick: bare.reads,
      call: worker => connections[worker]!.service('AuthenticationService').ping(),
    },
    { operation: 'getJob', yardstick: bare.reads, call: worker => jobs(worker).getJob(jobIds[worker]!, {}) },
    { operation: 'get, 20 steps', yardstick: bare.fetches, call: worker => templates(worker).get(template.id) },
    {
      operation: 'fetch with its 20 steps',
      yardstick: bare.fetches,
      call: worker => templates(worker).fetch({ includeSteps: true } as TemplateSelectOpts, [template.id]),
    },
    {
      operation: 'update of a title',
      yardstick: bare.commits,
      call: worker => templates(worker).update(template.id, { title: `T ${Math.random()}` }),
    },
    {
      operation: 'edit of one step of 20',
      yardstick: bare.edits,
      call: worker => templates(worker).addStepModular(template.id, place, aStep(), 0, true),
    },
    { operation: 'createJobs, one', yardstick: bare.commits, call: worker => jobs(worker).createJobs(template.id, {}) },
    { operation: 'start + finish of a step', yardstick: bare.commits, call: startAndFinish },
  ];
}
