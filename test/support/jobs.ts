/** Jobs as tests run them: steps are called by their titles, answers by their names. */
import { GroupMode } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import {
  type CreateJobOverrides,
  type Job,
  type JobActionResponse,
  JobActionStepStatus,
  JobHistoryAction,
} from '#gen/jobs_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import { group, leaves, publishedTemplate, step, type TestUser } from './seed.ts';

export type StatusName = keyof typeof JobActionStepStatus;

/** One job of a template. Acts return the status names of the answers, in their order. */
export class TestJob {
  readonly id: string;
  readonly #template: JobTemplate;

  constructor(id: string, template: JobTemplate) {
    this.id = id;
    this.#template = template;
  }

  /** The id of the step with this title. */
  step(title: string): string {
    const found = leaves(this.#template.stepGroup).find(leaf => leaf.title === title);
    if (!found) throw new Error(`the template has no step "${title}"`);
    return found.id;
  }

  steps(...titles: string[]): string[] {
    return titles.map(title => this.step(title));
  }

  async start(user: TestUser, ...titles: string[]): Promise<StatusName[]> {
    return statusNames(await user.jobs.startSteps(this.id, this.steps(...titles)));
  }

  async finish(user: TestUser, ...titles: string[]): Promise<StatusName[]> {
    return statusNames(await user.jobs.finishSteps(this.id, this.steps(...titles)));
  }

  /** Starts and finishes each step in turn. @throws Error when one is refused */
  async run(user: TestUser, ...titles: string[]): Promise<void> {
    for (const title of titles) {
      const statuses = [...(await this.start(user, title)), ...(await this.finish(user, title))];
      if (statuses.some(status => status !== 'Success')) throw new Error(`"${title}": ${statuses.join(', ')}`);
    }
  }

  get(user: TestUser): Promise<Job> {
    return user.jobs.getJob(this.id, {});
  }

  /** The titles of the current steps. */
  async current(user: TestUser): Promise<string[]> {
    return (await this.get(user)).currentSteps.map(({ stepName }) => stepName!);
  }

  /** "Started: title" per entry; entries of the whole job have no title. */
  async history(user: TestUser): Promise<string[]> {
    const entries = await user.jobs.getJobHistory(this.id);
    return entries.map(({ action, stepName }) =>
      stepName ? `${JobHistoryAction[action]}: ${stepName}` : JobHistoryAction[action]!,
    );
  }
}

export const statusNames = (response: JobActionResponse): StatusName[] =>
  response.stepResponses.map(({ status }) => JobActionStepStatus[status] as StatusName);

/** A job of a published template. */
export async function jobOf(
  user: TestUser,
  template: JobTemplate,
  overrides: CreateJobOverrides = {},
): Promise<TestJob> {
  const { jobIds } = await user.jobs.createJobs(template.id, overrides);
  return new TestJob(jobIds[0]!, template);
}

let templates = 0;

/** A job of a template of its own, which has these children of its root. */
export const newJob = async (
  author: TestUser,
  children: BaseStep[],
  overrides: CreateJobOverrides = {},
): Promise<TestJob> => jobOf(author, await publishedTemplate(author, `Procedure ${++templates}`, children), overrides);

/** A group whose children run one after the other. */
export const sequence = (title: string, ...children: BaseStep[]): BaseStep => group(title, children);

/** A group whose children run beside each other. */
export const parallel = (title: string, ...children: BaseStep[]): BaseStep =>
  group(title, children, { flow: { mode: GroupMode.PARALLEL } });

/** A leaf of a role (its id, such as 'EXECUTOR') or of a user (its id). */
export const stepOf = (title: string, to: string | TestUser, more: Partial<BaseStep> = {}): BaseStep => {
  const assignee =
    typeof to === 'string' ? { id: to, type: AssigneeType.Role } : { id: to.id, type: AssigneeType.User };
  return step(title, { impl: { step: { stepFields: [], stepType: 0, assignee } }, ...more });
};
