/** calculateJobStatistics by every field that jobs have, against groups made here of what getJob says of the same jobs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { CreateJobOverrides, CurrentStep, Job } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { type Field, jobFields } from '../../../src/domain/filter/filter.ts';
import { parallel, stepOf } from '../../support/jobs.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const DAY = 86_400_000;
const DUE = Date.UTC(2031, 11, 24);

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let jobs: readonly Job[];

/** Jobs whose fields differ, and agree in twos and threes; at a time of its own each. */
beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR, TeamRole.EXECUTOR);
  const valve = await publishedTemplate(admin, 'Change the valve', [stepOf('Close it', ana), step('Open it')]);
  const pump = await publishedTemplate(admin, 'Überholen: "Pump"', [
    parallel('Both', step('Stop the motor'), stepOf('Lock it', 'EXECUTOR'), stepOf('Close it', ana)),
  ]);
  const parent = await made(admin, valve, { jobName: 'All of it', priority: 'High', location: { x: 1, y: 2 } });
  const lost = await made(admin, valve, { jobName: 'Lost' });
  const child = await made(ana, valve, { description: 'Parcel 7', parentJob: parent, ownedBy: ana.id, notes: 'Twice' });
  await made(ana, pump, { description: 'Parcel 7', parentJob: parent, dueDate: DUE, notes: 'Twice' });
  await made(ana, pump, { description: 'parcel 7', parentJob: child, startDate: DUE - DAY, dueDate: DUE });
  await made(ana, valve, { parentJob: lost, dueDate: DUE + DAY, notes: 'twice' });
  const [held, started, finished, ...closed] = await several(ana, pump, 6, { startDate: 0, location: { x: 3, y: 4 } });
  await renamed(pump, 'Overhaul the pump');
  await made(admin, pump, { jobName: 'Overhaul', priority: 'Low', percentComplete: 12.5 });
  await admin.templates.acquireLock(valve.id);
  await admin.templates.update(valve.id, { title: 'A draft that no job is on' });
  await admin.jobs.updateJob(held!, { jobStatus: 'On Hold', priority: 'Low', ownedBy: admin.id }, '');
  for (const jobId of [started!, finished!]) await ana.jobs.startSteps(jobId, []);
  await ana.jobs.finishSteps(finished!, []);
  server.clock.forward(3_600_000);
  await ana.jobs.startSteps(parent, []);
  await admin.jobs.closeJobs(closed.slice(0, 2));
  await ana.jobs.closeJobs(closed.slice(2));
  await admin.jobs.deleteJobs([lost]);
  const { results } = await admin.jobs.queryJobs({ q: 'jobId IS NOT NULL', fields: ['jobId'], num: 1000, start: 0 });
  jobs = await Promise.all(results.map(([id]) => admin.jobs.getJob(id!.text!, {})));
});

afterAll(() => server.stop());

async function several(
  user: TestUser,
  template: JobTemplate,
  numberOfJobs: number,
  more: CreateJobOverrides,
): Promise<string[]> {
  server.clock.forward(1000);
  return (await user.jobs.createJobs(template.id, { ...more, numberOfJobs })).jobIds;
}

const made = async (user: TestUser, template: JobTemplate, more: CreateJobOverrides): Promise<string> =>
  (await several(user, template, 1, more))[0]!;

async function renamed({ id }: JobTemplate, title: string): Promise<void> {
  await admin.templates.acquireLock(id);
  await admin.templates.update(id, { title });
  await admin.templates.releaseLock(id);
  await admin.templates.publish(id);
}

const ofStep: Readonly<Record<string, (current: CurrentStep) => unknown>> = {
  assignedType: ({ assignedType }) => AssignedType[assignedType],
  assignedTo: ({ assignedTo }) => assignedTo,
  currentStep: ({ stepName }) => stepName,
  currentStepId: ({ stepId }) => stepId,
};

/** The values that a job has of a field, each once; null where it has none. */
function valuesOf(job: Job, { name, per }: Field): ReadonlySet<unknown> {
  const all = per === 'step' ? job.currentSteps.map(ofStep[name]!) : [job[name as keyof Job]];
  const known = all.filter(value => value != null);
  return new Set(known.length > 0 ? known : [null]);
}

/** As a filter writes it, without quotes. */
function written(value: unknown, { type }: Field): string | null {
  if (value === null) return null;
  if (type === 'boolean') return String(value).toUpperCase();
  return type === 'dateTime' ? new Date(Number(value)).toISOString() : String(value);
}

const inOrder = (a: unknown, b: unknown): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b);

/** Largest first, then by value, those without one behind groups of the same size. */
function grouped(found: readonly Job[], field: Field): [string | null, number][] {
  const counts = new Map<unknown, number>();
  for (const job of found) for (const value of valuesOf(job, field)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || Number(a === null) - Number(b === null) || inOrder(a, b))
    .map(([value, count]) => [written(value, field), count]);
}

/** What some of the jobs have no value of. */
const sparse = new Set(
  'notes description parentJob closedBy startedDate dueDate endDate assignedType assignedTo currentStep currentStepId'.split(
    ' ',
  ),
);

test.each(jobFields.map(field => [field.name, field] as const))('jobs are grouped by %s', async (name, field) => {
  for (const q of ['closed = 0', 'closed = 0 OR closed = 1']) {
    const found = jobs.filter(({ closed }) => !closed || q.includes('OR'));
    const { total, groupBy, groupedValues } = await admin.jobs.calculateJobStatistics({ q, groupBy: name });
    expect([total, groupBy]).toEqual([found.length, name]);
    expect(groupedValues!.map(({ value, count }) => [value ?? null, count])).toEqual(grouped(found, field));
  }
  const values = grouped(jobs, field).map(([value]) => value);
  expect(values.filter(value => value !== null).length).toBeGreaterThan(1);
  expect(values.includes(null)).toBe(sparse.has(name));
});
