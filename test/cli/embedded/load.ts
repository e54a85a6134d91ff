/** Writers that never pause, and a ledger of what the server has acknowledged to them. */

import { TeamRole } from '#gen/user_types';
import { leaves, logIn, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { ADMIN, type TestServer } from '../../support/server.ts';

/** Jobs of one call: all of them are there, or none. */
export const JOBS_PER_CALL = 4;

/** What was acknowledged; only ever added to. */
export class Ledger {
  /** Descriptions of createJobs calls, each of JOBS_PER_CALL jobs of which the last is deleted. */
  readonly batches: string[] = [];
  /** Jobs with the steps that were finished. */
  readonly finished: { readonly jobId: string; readonly stepId: string }[] = [];
  readonly notes: { readonly jobId: string; readonly notes: string }[] = [];
  /** Entries of templates, by their internal version. */
  readonly edits: { readonly templateId: string; readonly internalVersion: number }[] = [];
  readonly publications: { readonly templateId: string; readonly publicVersion: number; readonly title: string }[] = [];
  readonly deleted: string[] = [];

  /** How much of each list there is now. */
  marks(): Readonly<Record<keyof Ledger & string, number>> {
    return Object.fromEntries(Object.entries(this).map(([list, entries]) => [list, entries.length])) as never;
  }
}

export class Load {
  readonly ledger = new Ledger();
  readonly #writers: Promise<void>[] = [];
  #stopping = false;
  #batch = 0;

  /** @param workers how many people run jobs; beside them one edits and publishes */
  static async start(server: TestServer, workers: number): Promise<Load> {
    const load = new Load();
    const admin = await logIn(server, ADMIN.email, ADMIN.password);
    const template = await publishedTemplate(admin, 'Change the filter', [step('Stop'), step('Change'), step('Start')]);
    const stepIds = leaves(template.stepGroup).map(({ id }) => id);
    for (let index = 0; index < workers; index++) {
      const worker = await newUser(server, admin, `worker${index}`, TeamRole.ADMIN);
      load.#writers.push(load.#repeat(() => load.#work(worker, template.id, stepIds)));
    }
    const author = await newUser(server, admin, 'author', TeamRole.ADMIN);
    const { id } = await author.templates.create(author.teamId, { title: 'Draft' }, []);
    load.#writers.push(load.#repeat(() => load.#edit(author, id)));
    return load;
  }

  /** @throws what a writer met */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#writers);
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    while (!this.#stopping) await act();
  }

  async #work({ jobs, id: userId }: TestUser, templateId: string, stepIds: string[]): Promise<void> {
    const batch = `batch ${++this.#batch}`;
    const { jobIds } = await jobs.createJobs(templateId, { numberOfJobs: JOBS_PER_CALL, description: batch });
    this.ledger.batches.push(batch);
    const [first, second, third, last] = jobIds as [string, string, string, string];
    for (const stepId of stepIds) {
      await jobs.startSteps(first, [stepId]);
      await jobs.finishSteps(first, [stepId]);
      this.ledger.finished.push({ jobId: first, stepId });
    }
    await jobs.updateJob(second, { notes: batch }, '');
    this.ledger.notes.push({ jobId: second, notes: batch });
    await jobs.addHolds({ jobId: second, stepIds: [stepIds[0]!] });
    await jobs.addDependency({ jobId: third, stepIds: [stepIds[0]!], dependentJobId: second });
    await jobs.setJobLocation(third, { points: [[this.#batch % 170, 10]] });
    await jobs.addJobComment(third, `by ${userId}`);
    await jobs.deleteJobs([last]);
    this.ledger.deleted.push(last);
  }

  async #edit({ templates }: TestUser, templateId: string): Promise<void> {
    await templates.acquireLock(templateId);
    const { stepGroup } = await templates.get(templateId);
    for (const title of ['One', 'Two']) {
      const { internalVersion } = await templates.addStepModular(templateId, stepGroup.id, step(title), 0, false);
      this.ledger.edits.push({ templateId, internalVersion });
    }
    // So that the tree does not grow without end.
    for (const { id } of stepGroup.children) await templates.removeStepModular(templateId, stepGroup.id, id, 2);
    await templates.releaseLock(templateId);
    const { publicVersion, title } = await templates.publish(templateId);
    this.ledger.publications.push({ templateId, publicVersion, title });
  }
}
