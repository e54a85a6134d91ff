/** Jobs with actions: steps whose ids are their titles, and waiting for what the server does after the commit. */
import { setTimeout as pause } from 'node:timers/promises';
import type { StepAction, StepFlow } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { type CreateJobOverrides, JobHistoryAction, StepState } from '#gen/jobs_types';
import { type Notification, NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { jobOf, type TestJob } from './jobs.ts';
import { rowsOf } from './rows.ts';
import { group, publishedTemplate, step, type TestUser } from './seed.ts';
import type { TestServer } from './server.ts';

/** A leaf whose id is its title. */
export const leaf = (id: string, flow: StepFlow = {}): BaseStep => step(id, { id, clientGeneratedIds: true, flow });

/** A leaf that does this. */
export const doing = (id: string, action: StepAction, flow: StepFlow = {}): BaseStep => leaf(id, { action, ...flow });

export const automatic: StepFlow = { automatic: true, proceedNext: true };

let templates = 0;

/** All in one group of the template, so that steps can be named before they are there. */
export const published = (author: TestUser, ...children: BaseStep[]): Promise<JobTemplate> =>
  publishedTemplate(author, `Doing ${++templates}`, [group('Main', children, { clientGeneratedIds: true })]);

export const jobDoing = async (
  author: TestUser,
  children: BaseStep[],
  overrides: CreateJobOverrides = {},
): Promise<TestJob> => jobOf(author, await published(author, ...children), overrides);

/** Waits for what a worker does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await pause(25);
  }
  throw new Error(`it did not come about in 15 seconds: ${what}`);
}

/** "title: STATE" of each current step. */
export const states = async (user: TestUser, job: TestJob): Promise<string[]> =>
  (await job.get(user)).currentSteps.map(({ stepName, state }) => `${stepName}: ${StepState[state!]}`);

export const untilState = (user: TestUser, job: TestJob, expected: string): Promise<void> =>
  until(`${expected} in job ${job.id}`, async () => (await states(user, job)).includes(expected));

export const untilClosed = (user: TestUser, job: TestJob): Promise<void> =>
  until(`the end of job ${job.id}`, async () => (await job.get(user)).closed);

/** What history says of a step: "Completed: 200". */
export async function results(user: TestUser, job: TestJob, title: string): Promise<string[]> {
  const entries = await user.jobs.getJobHistory(job.id);
  return entries
    .filter(({ stepName }) => stepName === title)
    .map(({ action, result }) => (result ? `${JobHistoryAction[action]}: ${result}` : JobHistoryAction[action]!));
}

export type Told = Partial<Notification> & { readonly type: string };

/** The events of a job, of these kinds alone where some are named, in their order. */
export async function events(
  server: TestServer,
  job: TestJob,
  ...kinds: (keyof typeof NotificationType)[]
): Promise<Told[]> {
  const rows = (await rowsOf(server, 'events')).filter(row => row.job_id === job.id);
  return rows
    .sort((a, b) => a.event_id - b.event_id)
    .map(row => ({ type: NotificationType[row.type]!, ...JSON.parse(row.body) }))
    .filter(({ type }) => kinds.length === 0 || kinds.includes(type as never));
}
