/** The calls of the table, each as the server's client and the bare server's client make it. */
import type { TemplateSelectOpts } from '#gen/job_template_types';
import type { ClientConnection } from '../../src/client/connect.ts';
import type { BareClient } from '../bare/client.ts';
import type { Side } from '../measure.ts';
import { aStep, BY_TITLE, type Data, HEADS, JOBS, PAGE, pageOf, pageOfJobs, STEPS, twentySteps } from './data.ts';

export interface Operation {
  readonly operation: string;
  /** What the ratio to the bare server has to reach. */
  readonly asked?: number;
  /** Calls per second of the best of three content systems on the same work: SQLite, REST, eight in flight. */
  readonly peers?: number;
  readonly ours: Side;
  readonly bare: Side;
}

/** The first pages of a list, which are asked in turn. */
const PAGES = 10;
/** So many jobs are asked for in turn, until all are in memory. */
const KNOWN_JOBS = 500;
const EVER = ' AND createdDate < $now + 1d';

/** @param connections of each server, as many as are ever in flight */
export function operations(
  data: Data,
  connections: readonly ClientConnection[],
  clients: readonly BareClient[],
): Operation[] {
  return [...reads(data, connections, clients), ...writes(data, connections, clients)];
}

const WITH_STEPS = { includeSteps: true } as TemplateSelectOpts;

function reads(data: Data, connections: readonly ClientConnection[], clients: readonly BareClient[]): Operation[] {
  const { teamId, own, jobIds } = data;
  const templates = (worker: number) => connections[worker]!.service('JobTemplateService');
  const jobs = (worker: number) => connections[worker]!.service('JobsService');
  const both = (
    ours: (worker: number) => Promise<unknown>,
    bare: (client: BareClient, worker: number) => Promise<unknown>,
  ) => ({
    ours: { call: ours },
    bare: { call: (worker: number) => bare(clients[worker]!, worker) },
  });
  const pages = [counter(PAGES), counter(PAGES)] as const;
  const known = [counter(KNOWN_JOBS), counter(KNOWN_JOBS)] as const;
  const all = [counter(JOBS), counter(JOBS)] as const;
  return [
    {
      operation: 'ping',
      ...both(
        worker => connections[worker]!.service('AuthenticationService').ping(),
        client => client.call('ping'),
      ),
    },
    {
      operation: 'fetch with its 20 steps',
      asked: 1,
      peers: 711,
      ...both(
        worker => templates(worker).fetch(WITH_STEPS, [own[worker]!.id]),
        (client, worker) => client.call('fetch', { templateId: own[worker]!.id }),
      ),
    },
    {
      operation: 'get, 20 steps',
      ...both(
        worker => templates(worker).get(own[worker]!.id),
        (client, worker) => client.call('get', { templateId: own[worker]!.id }),
      ),
    },
    {
      operation: 'slim list, 50 of 10,000 templates',
      asked: 1,
      peers: 81,
      ...both(
        worker => templates(worker).query(HEADS, pageOf(teamId, pages[0]()), BY_TITLE),
        client => client.call('query', { skip: PAGE * pages[1]() }),
      ),
    },
    {
      operation: 'slim list, 50 of 10,000 jobs',
      asked: 1,
      ...both(
        worker => jobs(worker).queryJobs(pageOfJobs(PAGE * pages[0]())),
        client => client.call('queryJobs', { start: PAGE * pages[1]() }),
      ),
    },
    {
      operation: 'list of jobs, never from memory',
      ...both(
        worker => jobs(worker).queryJobs(pageOfJobs(PAGE * pages[0](), EVER)),
        client => client.call('queryJobs', { start: PAGE * pages[1]() }),
      ),
    },
    {
      operation: 'getJob',
      asked: 1,
      ...both(
        worker => jobs(worker).getJob(jobIds[known[0]()]!, {}),
        client => client.call('getJob', { jobId: jobIds[known[1]()]! }),
      ),
    },
    {
      operation: 'getJob, never from memory',
      ...both(
        worker => jobs(worker).getJob(jobIds[all[0]()]!, {}),
        client => client.call('getJob', { jobId: jobIds[all[1]()]! }),
      ),
    },
  ];
}

function writes(data: Data, connections: readonly ClientConnection[], clients: readonly BareClient[]): Operation[] {
  const { teamId, templateId, own } = data;
  const templates = (worker: number) => connections[worker]!.service('JobTemplateService');
  const jobs = (worker: number) => connections[worker]!.service('JobsService');
  const bareJobs = worked(data.jobIds);
  const oursJobs = worked(data.jobIds);
  const clones: string[] = [];
  const published = counter(data.library.length);
  return [
    {
      operation: 'edit of one step of 20',
      asked: 0.7,
      peers: 338,
      ours: { call: worker => templates(worker).addStepModular(own[worker]!.id, own[worker]!.place, aStep(), 0, true) },
      bare: { call: worker => clients[worker]!.call('addStep', { templateId: own[worker]!.id, step: aStep() }) },
    },
    {
      operation: 'update of a title',
      ours: { call: worker => templates(worker).update(own[worker]!.id, { title: title() }) },
      bare: { call: worker => clients[worker]!.call('update', { templateId: own[worker]!.id, title: title() }) },
    },
    {
      operation: 'createJobs, one',
      asked: 0.7,
      peers: 342,
      ours: { call: worker => jobs(worker).createJobs(templateId, {}) },
      bare: { call: worker => clients[worker]!.call('createJob', { templateId }) },
    },
    {
      operation: 'start + finish of a step',
      asked: 0.7,
      ours: {
        call: async worker => {
          const id = oursJobs(worker);
          await jobs(worker).startSteps(id, []);
          const { success } = await jobs(worker).finishSteps(id, []);
          if (!success) throw new Error(`a step of ${id} is not finished`);
        },
      },
      bare: {
        call: async worker => {
          const jobId = bareJobs(worker);
          await clients[worker]!.call('startSteps', { jobId });
          await clients[worker]!.call('finishSteps', { jobId });
        },
      },
    },
    {
      operation: 'create, 20 steps (three calls)',
      asked: 0.7,
      peers: 326,
      ours: {
        call: async worker => {
          const { id, stepGroup } = await templates(worker).create(teamId, { title: title() }, []);
          await templates(worker).acquireLock(id);
          await templates(worker).updateStepGroup(id, { ...stepGroup, children: twentySteps() });
        },
      },
      bare: {
        call: async worker => {
          const client = clients[worker]!;
          const { id, stepGroup } = await client.call<{ id: string; stepGroup: object }>('create', { title: title() });
          await client.call('acquireLock', { templateId: id });
          await client.call('updateStepGroup', {
            templateId: id,
            stepGroup: { ...stepGroup, children: twentySteps() },
          });
        },
      },
    },
    {
      operation: 'publish, 20 steps',
      asked: 0.7,
      peers: 206,
      ours: {
        // What is published once cannot be again.
        prepare: async calls => {
          while (clones.length < calls) {
            const made = connections
              .slice(0, 8)
              .map(connection => connection.service('JobTemplateService').cloneTemplate(templateId));
            clones.push(...(await Promise.all(made)).map(({ id }) => id));
          }
        },
        call: worker => templates(worker).publish(clones.pop()!),
      },
      bare: { call: worker => clients[worker]!.call('publish', { templateId: data.library[published()]! }) },
    },
  ];
}

const title = (): string => `Readings ${Math.random()}`;

/** 0, 1, 2, … and again from 0. */
function counter(below: number): () => number {
  let next = 0;
  return () => next++ % below;
}

/** Each worker takes a job after the other, as often as it has steps before its last, which would close it. */
function worked(jobIds: readonly string[]): (worker: number) => string {
  const current: { id: string; left: number }[] = [];
  let next = 0;
  return worker => {
    if (!current[worker]?.left) {
      if (next === jobIds.length) throw new Error('all jobs are used up');
      current[worker] = { id: jobIds[next++]!, left: STEPS - 1 };
    }
    current[worker]!.left--;
    return current[worker]!.id;
  };
}
