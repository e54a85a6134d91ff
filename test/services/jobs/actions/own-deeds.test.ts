/** What steps do in our own database: fields and properties that they set, and jobs that they create. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CreateJobsAction, ExtendedPropertyTable, StepFlow } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { Job } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import {
  automatic,
  doing,
  events,
  jobDoing,
  leaf,
  published,
  results,
  states,
  until,
  untilClosed,
  untilState,
} from '../../../support/actions.ts';
import { jobOf, type TestJob } from '../../../support/jobs.ts';
import { json, Outside, text } from '../../../support/outside.ts';
import { plain, property, related, single, templateWith } from '../../../support/properties.ts';
import { rowsOf } from '../../../support/rows.ts';
import { group, logIn, logInAdmin, newUser, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

let server: TestServer;
let outside: Outside;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  outside = await Outside.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
});
afterAll(async () => {
  outside.stop();
  await server.stop();
});

const tables = (): ExtendedPropertyTable[] => [
  single('pump', property('pressure', 'Double'), property('serial', 'Integer'), property('note')),
  related('leaks', property('size', 'Double')),
];

/** A template with these tables, whose steps can be named before they are there. */
const withTables = (...children: BaseStep[]): Promise<JobTemplate> =>
  templateWith(admin, tables(), [group('Main', children, { clientGeneratedIds: true })]);

const valuesOf = async (job: TestJob, table = 'pump'): Promise<Record<string, unknown>> => {
  const { extendedProperties } = await ana.jobs.getJob(job.id, { extProps: true });
  return plain(extendedProperties!.find(({ tableName }) => tableName === table)!.properties);
};

describe('updateJob', () => {
  const setting = (values: Record<string, string>, flow: StepFlow = {}) =>
    doing(
      'set',
      { updateJob: { properties: Object.entries(values).map(([identifier, value]) => ({ identifier, value })) } },
      flow,
    );

  test('sets fields and properties with the values of the job, with the rights of the server', async () => {
    const template = await withTables(
      setting(
        {
          jobName: `${ref('jobName')} (${ref('priority')})`,
          priority: 'High',
          notes: '',
          'pump.pressure': '3.5',
          'pump.note': `of ${ref('jobName')}`,
        },
        { proceedNext: true },
      ),
      leaf('after'),
    );
    const job = await jobOf(admin, template, { jobName: 'Pump', notes: 'old' });
    await job.start(ana, 'set');
    await until('the job moves on', async () => (await job.current(ana)).join() === 'after');
    expect(await job.get(ana)).toMatchObject({ jobName: 'Pump (Medium)', priority: 'High', notes: null });
    expect(await valuesOf(job)).toMatchObject({ pressure: 3.5, note: 'of Pump' });
    expect(await results(ana, job, 'set')).toEqual(['Started', 'Completed', 'Finished']);
    expect(await events(server, job, 'JobUpdated')).toHaveLength(1);
  });

  test('sets all or nothing: what a value is not fit for is an error', async () => {
    const template = await withTables(setting({ notes: 'new', 'pump.serial': ref('jobName') }), leaf('after'));
    const job = await jobOf(admin, template, { jobName: 'no number' });
    await job.start(ana, 'set');
    await untilState(ana, job, 'set: ERROR');
    expect((await job.get(ana)).notes ?? null).toBeNull();
    expect((await results(ana, job, 'set')).at(-1)).toMatch(/^Error: .*pump\.serial.*no number/);
  });

  test('is seen by the conditions behind it, properties among it', async () => {
    const template = await withTables(
      setting(
        { 'pump.pressure': '7' },
        {
          ...automatic,
          paths: [
            { nextStepId: 'high', condition: 'pump.pressure > 5' },
            { nextStepId: 'low', condition: 'pump.pressure <= 5' },
          ],
        },
      ),
      leaf('high'),
      leaf('low'),
    );
    const job = await jobOf(admin, template);
    await until('the job moves on', async () => (await job.current(ana)).join() === 'high');
  });
});

test('conditions see the properties that a job is created with', async () => {
  const template = await withTables(leaf('high', { condition: 'pump.pressure > 5' }), leaf('any'));
  const first = async (value: string) => {
    const job = await jobOf(admin, template, { extendedProperties: [{ identifier: 'pump.pressure', value }] });
    return job.current(ana);
  };
  expect([await first('6'), await first('4')]).toEqual([['high'], ['any']]);
});

describe('an answer from outside goes into a property', () => {
  const keeping = async (responseProperty: string, responsePointer?: string): Promise<TestJob> => {
    const webRequest = { httpMethod: 'GET', url: outside.url, responseProperty, responsePointer };
    const job = await jobOf(admin, await withTables(doing('call', { webRequest })));
    await job.start(ana, 'call');
    return job;
  };

  test.each<[string, string, string | undefined, () => (typeof outside)['answer'], string, unknown]>([
    ['a part of it', 'pump.pressure', '/a/0/b~1c', () => json(200, { a: [{ 'b/c': 2.5 }] }), 'pressure', 2.5],
    ['all of it', 'pump.note', undefined, () => text(200, 'tight'), 'note', 'tight'],
    ['an object as JSON', 'pump.note', '/a', () => json(200, { a: { b: [1, null] } }), 'note', '{"b":[1,null]}'],
    [
      'whole numbers with all their digits',
      'pump.note',
      '/id',
      () => text(200, '{"id": 9223372036854775807}'),
      'note',
      '9223372036854775807',
    ],
    ['null as no value', 'pump.note', '/a', () => json(200, { a: null }), 'note', null],
    ['characters that no row can keep, replaced', 'pump.note', undefined, () => text(200, 'a\0b'), 'note', 'a\uFFFDb'],
  ])('%s', async (_name, into, pointer, answer, name, expected) => {
    outside.answer = answer();
    const job = await keeping(into, pointer);
    await untilState(ana, job, 'call: COMPLETED');
    expect((await valuesOf(job))[name]).toEqual(expected);
  });

  test.each<[string, string, string | undefined, () => (typeof outside)['answer'], RegExp]>([
    ['that is no JSON', 'pump.note', '/a', () => text(200, 'tight'), /the answer is no JSON/],
    ['without that part', 'pump.note', '/a/b', () => json(200, { a: 1 }), /has nothing at \/a\/b/],
    ['that the property does not take', 'pump.pressure', undefined, () => text(200, 'tight'), /pump\.pressure.*tight/],
    [
      'that is too long',
      'pump.note',
      undefined,
      () => text(200, Buffer.alloc(1024 * 1024 + 1, 'x')),
      /longer than 1 MB/,
    ],
  ])('but one %s is an error', async (_name, into, pointer, answer, expected) => {
    outside.answer = answer();
    const job = await keeping(into, pointer);
    await untilState(ana, job, 'call: ERROR');
    expect((await results(ana, job, 'call')).at(-1)).toMatch(expected);
    expect(await valuesOf(job)).toEqual({ pressure: null, serial: null, note: null });
  });

  test('references have properties as they are written, null as the empty text', async () => {
    outside.forget();
    const url = `${outside.url}/${ref('pump.serial')}?note=${ref('pump.note')}`;
    const job = await jobOf(admin, await withTables(doing('call', { webRequest: { httpMethod: 'GET', url } })), {
      extendedProperties: [{ identifier: 'pump.serial', value: '9223372036854775807' }],
    });
    await job.start(ana, 'call');
    await untilState(ana, job, 'call: COMPLETED');
    expect(outside.got).toMatchObject([{ path: '/9223372036854775807?note=' }]);
  });
});

describe('createJobs', () => {
  const creating = (templateId: string, more: Partial<CreateJobsAction> = {}, flow: StepFlow = {}) =>
    doing('make', { createJobs: { templateId, ...more } }, flow);

  /** The jobs that the step of a job has created. */
  const madeBy = async (job: TestJob): Promise<Job[]> => {
    const rows = await rowsOf(server, 'jobs');
    const own = rows.filter(row => row.made_by !== null && JSON.parse(row.made_by).jobId === job.id);
    return Promise.all(own.map(row => admin.jobs.getJob(row.job_id, {})));
  };

  test('creates children, whose creator is whoever ran the step', async () => {
    const child = await published(admin, leaf('part'));
    const job = await jobDoing(
      admin,
      [creating(child.id, { numberOfJobs: 3, jobName: `Part of ${ref('jobName')}` }), leaf('after')],
      {
        jobName: 'All',
        priority: 'High',
      },
    );
    await job.start(ana, 'make');
    await untilState(ana, job, 'make: COMPLETED');
    const made = await madeBy(job);
    expect(made).toMatchObject(
      Array(3).fill({
        jobName: 'Part of All',
        parentJob: job.id,
        createdBy: ana.id,
        ownedBy: ana.id,
        priority: 'Medium',
        closed: false,
      }),
    );
    expect((await results(ana, job, 'make')).at(-1)).toBe('Completed: 3 jobs');
    const [created] = await ana.jobs.getJobHistory(made[0]!.jobId!);
    expect(created).toMatchObject({ userId: ana.id, username: ana.email });
  });

  test('that the server has started creates them for the creator of the job', async () => {
    const child = await published(admin, leaf('part'));
    const job = await jobDoing(admin, [creating(child.id, { asChildren: false }, automatic), leaf('after')]);
    await until('the job moves on', async () => (await job.current(ana)).join() === 'after');
    const [made, ...more] = await madeBy(job);
    expect(more).toEqual([]);
    expect(made).toMatchObject({ createdBy: admin.id });
    expect(made!.parentJob ?? null).toBeNull();
  });

  test('gives them fields and properties: given ones beat those that are copied', async () => {
    const child = await withTables(leaf('part'));
    const action = {
      copyBasics: true,
      copyProperties: true,
      properties: [
        { identifier: 'pump.note', value: `from ${ref('jobName')}` },
        { identifier: 'priority', value: 'Low' },
        { identifier: 'description', value: '' },
      ],
    };
    const dates = { startDate: server.clock.now(), dueDate: server.clock.now() + 1000 };
    const job = await jobOf(admin, await withTables(creating(child.id, action)), {
      jobName: 'All',
      priority: 'High',
      ...dates,
      extendedProperties: [
        { identifier: 'pump.pressure', value: '2.5' },
        { identifier: 'pump.note', value: 'own' },
      ],
    });
    await job.start(ana, 'make');
    await untilState(ana, job, 'make: COMPLETED');
    const [made] = await madeBy(job);
    expect(made).toMatchObject({ priority: 'Low', ...dates });
    const { extendedProperties } = await admin.jobs.getJob(made!.jobId!, { extProps: true });
    expect(plain(extendedProperties![0]!.properties)).toMatchObject({ pressure: 2.5, note: 'from All' });
  });

  test('waits until all of them are closed, however that comes about', async () => {
    const child = await published(admin, leaf('part'));
    const action = { numberOfJobs: 3, waitForClose: true };
    const job = await jobDoing(admin, [creating(child.id, action, { proceedNext: true }), leaf('after')]);
    await job.start(ana, 'make');
    await until('they are there', async () => (await madeBy(job)).length === 3);
    const [a, b, c] = (await madeBy(job)).map(({ jobId }) => jobId!);
    await ana.jobs.startSteps(a!, []);
    await ana.jobs.finishSteps(a!, []);
    expect(await ana.jobs.refreshSteps(job.id, [])).toMatchObject({ success: true });
    expect(await states(ana, job)).toEqual(['make: RUNNING']);
    await admin.jobs.closeJobs([b!]);
    expect(await states(ana, job)).toEqual(['make: RUNNING']);
    await server.restart();
    admin = await logInAdmin(server);
    ana = await logIn(server, ana.email, ana.password);
    await admin.jobs.closeJobs([c!]);
    await until('the job moves on', async () => (await job.current(ana)).join() === 'after');
  });

  test('waits for none that end at once', async () => {
    const child = await published(admin, leaf('part', automatic));
    const job = await jobDoing(admin, [creating(child.id, { waitForClose: true }, automatic)]);
    await untilClosed(ana, job);
    expect(await madeBy(job)).toMatchObject([{ closed: true }]);
  });

  test('of templates that create each other ends at the sixteenth', async () => {
    const self = await published(admin, leaf('first'));
    await admin.templates.acquireLock(self.id);
    const main = self.stepGroup.children[0]!.id;
    await admin.templates.addStepModular(self.id, main, creating(self.id, {}, automatic), 0, false);
    await admin.templates.publish(self.id);
    let job = await jobOf(admin, await admin.templates.get(self.id));
    for (let depth = 0; depth < 16; depth++) {
      await until('the next is there', async () => (await madeBy(job)).length === 1);
      const [made] = await madeBy(job);
      job = Object.assign(Object.create(Object.getPrototypeOf(job)), job, { id: made!.jobId! });
    }
    await untilState(ana, job, 'make: ERROR');
    expect((await results(ana, job, 'make')).at(-1)).toMatch(
      /^Error: 16 jobs, each created by a step of the one before/,
    );
  });

  test('from a template that was archived meanwhile is an error', async () => {
    const child = await published(admin, leaf('part'));
    const job = await jobDoing(admin, [creating(child.id)]);
    await admin.templates.archive(child.id);
    await job.start(ana, 'make');
    await untilState(ana, job, 'make: ERROR');
    expect((await results(ana, job, 'make')).at(-1)).toMatch(/archived/);
    expect(await madeBy(job)).toEqual([]);
  });
});
