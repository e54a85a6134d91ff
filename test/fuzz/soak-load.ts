/**
 * The load of the soak: the calls of people at work, each due at its time whether the ones before are answered or not, spread over
 * some connections that share one token.
 */
import type { TemplateSelectOpts } from '#gen/job_template_types';
import { type ClientConnection, connect } from '../../src/client/connect.ts';
import { step } from '../support/trees.ts';
import type { Address } from './connection.ts';
import { Histogram } from './histogram.ts';
import { Random } from './random.ts';
import type { Credentials } from './world.ts';

/** A connection with a template of its own that it edits, and a job that it works on. */
interface Worker {
  readonly connection: ClientConnection;
  readonly templateId: string;
  readonly groupId: string;
  jobId: string;
  /** Started and not finished yet, or the other way round; undefined while the answer is awaited. */
  next: 'start' | 'finish' | undefined;
  waiting: number;
}

/** How many of a hundred calls. */
const mix = { ping: 50, getJob: 25, fetch: 15, edit: 3, createJobs: 2, startAndFinish: 5 } as const;
export type CallName = keyof typeof mix;

/** Calls of one connection that may wait for answers; beyond it the load is not sent, and counted as such. */
const MOST_WAITING = 100;
const TICK_MS = 10;
const dice = Object.entries(mix).flatMap(([name, times]) => Array<CallName>(times).fill(name as CallName));

export class SoakLoad {
  readonly times = new Map<CallName, Histogram>();
  readonly failures = new Map<string, number>();
  unsent = 0;
  readonly #workers: readonly Worker[];
  readonly #published: string;
  readonly #random: Random;

  private constructor(workers: readonly Worker[], published: string, seed: number) {
    this.#workers = workers;
    this.#published = published;
    this.#random = new Random(seed);
    for (const name of Object.keys(mix) as CallName[]) this.times.set(name, new Histogram());
  }

  static async open(address: Address, credentials: Credentials, connections: number, seed: number): Promise<SoakLoad> {
    const open = await Promise.all(Array.from({ length: connections }, () => connect(address)));
    const [first] = open as [ClientConnection];
    const { email, password } = credentials;
    const { authToken, teamIdToInfo } = await first.service('AuthenticationService').login(email, password, {});
    const teamId = Object.keys(teamIdToInfo)[0]!;
    for (const connection of open) await connection.service('AuthenticationService').authenticate(authToken);
    const { id: published } = await newTemplate(first, teamId, 'What jobs are made from', 20);
    await first.service('JobTemplateService').publish(published);
    const workers: Worker[] = [];
    for (const connection of open) {
      const { id: templateId, groupId } = await newTemplate(connection, teamId, 'What is edited', 10);
      const { jobIds } = await connection.service('JobsService').createJobs(published, {});
      workers.push({ connection, templateId, groupId, jobId: jobIds[0]!, next: 'start', waiting: 0 });
    }
    return new SoakLoad(workers, published, seed);
  }

  /** Sends calls until the time is over, then waits for the answers that are still out. */
  async run(perSecond: number, seconds: number): Promise<void> {
    const started = performance.now();
    const total = perSecond * seconds;
    let due = 0;
    for (let sent = 0; sent < total; ) {
      due = Math.min(total, ((performance.now() - started) / 1000) * perSecond);
      for (; sent < due; sent++) this.#send(this.#workers[sent % this.#workers.length]!);
      await new Promise(resolve => setTimeout(resolve, TICK_MS));
    }
    for (let n = 0; n < 1000 && this.#workers.some(({ waiting }) => waiting > 0); n++)
      await new Promise(resolve => setTimeout(resolve, TICK_MS));
    if (this.#workers.some(({ waiting }) => waiting > 0))
      this.#failed('a call was not answered within 10 s of the end');
  }

  async close(): Promise<void> {
    for (const { connection } of this.#workers) await connection.close();
  }

  #send(worker: Worker): void {
    if (worker.waiting >= MOST_WAITING) {
      this.unsent += 1;
      return;
    }
    const name = this.#random.pick(dice);
    const before = performance.now();
    worker.waiting += 1;
    this.#call(name, worker)
      .then(() => this.times.get(name)!.add(performance.now() - before))
      .catch((error: Error) => this.#failed(`${name}: ${error.message}`))
      .finally(() => {
        worker.waiting -= 1;
      });
  }

  #failed(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }

  async #call(name: CallName, worker: Worker): Promise<unknown> {
    const { connection, templateId, groupId } = worker;
    const templates = connection.service('JobTemplateService');
    const jobs = connection.service('JobsService');
    if (name === 'ping') return connection.service('AuthenticationService').ping();
    if (name === 'getJob') return jobs.getJob(worker.jobId, {});
    if (name === 'fetch') return templates.fetch({ includeSteps: true } as TemplateSelectOpts, [this.#published]);
    if (name === 'edit') {
      const edited = step(`Check the bearing temperature, reading ${this.#random.next()}`);
      return templates.addStepModular(templateId, groupId, edited, 0, true);
    }
    if (name === 'createJobs') return jobs.createJobs(this.#published, {});
    return this.#startOrFinish(worker);
  }

  /** The way of a job: its steps in turn, then a new job. While one answer is out, the step is looked at instead. */
  async #startOrFinish(worker: Worker): Promise<unknown> {
    const jobs = worker.connection.service('JobsService');
    const { next } = worker;
    if (!next) return jobs.getJobHistory(worker.jobId);
    worker.next = undefined;
    if (next === 'start') {
      const { success } = await jobs.startSteps(worker.jobId, []);
      if (!success) worker.jobId = (await jobs.createJobs(this.#published, {})).jobIds[0]!;
      worker.next = success ? 'finish' : 'start';
    } else {
      await jobs.finishSteps(worker.jobId, []);
      worker.next = 'start';
    }
    return undefined;
  }
}

/** Its lock is held. */
async function newTemplate(connection: ClientConnection, teamId: string, title: string, steps: number) {
  const templates = connection.service('JobTemplateService');
  const { id, stepGroup } = await templates.create(teamId, { title }, []);
  await templates.acquireLock(id);
  for (let n = 1; n <= steps; n++) await templates.addStepModular(id, stepGroup.id, step(`Step ${n}`), -1, false);
  return { id, groupId: stepGroup.id };
}
