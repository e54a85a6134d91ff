/** assignStep and assignCurrentStep: to whom a current step belongs, and who may change it. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { JobHistoryAction } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import type { Privilege } from '../../../src/domain/privileges.ts';
import { jobOf, newJob, parallel, type TestJob } from '../../support/jobs.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { newTemplate, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { admin, ana, anotherConnection, ben, eventsOf, outsider, refused, server } from './people.ts';

const { User, Group, Unassigned } = AssignedType;

/** A member whose one role has what a test gives it, and which is a group of hers. */
let mia: TestUser;
let role: string;
/** In a group with mia. */
let cleo: TestUser;
let crew: string;

const rolesOf = (user: TestUser) => user.connection.service('RoleService');
const groupsOf = (user: TestUser) => user.connection.service('GroupService');

beforeAll(async () => {
  mia = await newUser(server, admin, 'mia');
  cleo = await newUser(server, admin, 'cleo');
  role = (await rolesOf(admin).create(admin.teamId, { name: 'Probe' })).id;
  await rolesOf(admin).addHolders(role, [mia.id]);
  crew = (await groupsOf(admin).create(admin.teamId, { name: 'Night crew' })).id;
  await groupsOf(admin).addMembers(crew, [mia.id, cleo.id]);
});

const give = (...privileges: Privilege[]) => rolesOf(admin).update(role, { permissions: { privileges } });

/** At "a" and "b" at once, with "c" behind them. */
const openJob = (): Promise<TestJob> => newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);

/** "title: type to" of each current step. */
const assignments = async (job: TestJob): Promise<string[]> =>
  (await job.get(ana)).currentSteps.map(({ stepName, assignedType, assignedTo }) =>
    [`${stepName}:`, AssignedType[assignedType], ...(assignedTo ? [assignedTo] : [])].join(' '),
  );

const assign = (user: TestUser, job: TestJob, title: string, to: string, type: AssignedType): Promise<boolean> =>
  user.jobs.assignStep(job.id, job.step(title), to, type);

describe('what assigning does', () => {
  test('the step belongs to a user, named by id or address in any case, and to nobody else', async () => {
    const job = await openJob();
    expect(await assign(ana, job, 'a', ben.id, User)).toBe(true);
    await assign(ana, job, 'b', 'BEN@example.org', User);
    expect(await assignments(job)).toEqual([`a: User ${ben.id}`, `b: User ${ben.id}`]);
    expect(await job.start(mia, 'a')).toEqual(['AssignedToDifferentUser']);
    expect(await job.start(ben, 'a')).toEqual(['Success']);
  });

  test('it belongs to a role or a group, or to nobody', async () => {
    const job = await openJob();
    await assign(ana, job, 'a', 'EXECUTOR', Group);
    await assign(ana, job, 'b', crew, Group);
    expect(await assignments(job)).toEqual(['a: Group EXECUTOR', `b: Group ${crew}`]);
    await assign(ana, job, 'b', 'unused', Unassigned);
    expect(await assignments(job)).toEqual(['a: Group EXECUTOR', 'b: Unassigned']);
  });

  test('history tells to whom, by name, and an event by id; the job has changed once', async () => {
    const job = await openJob();
    const { revision } = await job.get(ana);
    await assign(ana, job, 'a', ben.id, User);
    expect(await job.get(ana)).toMatchObject({ revision: revision + 1 });
    await assign(ana, job, 'a', crew, Group);
    await assign(ana, job, 'a', '', Unassigned);
    const entries = (await ana.jobs.getJobHistory(job.id)).slice(1);
    const told = { action: JobHistoryAction.Reassigned, stepId: job.step('a'), stepName: 'a', userId: ana.id };
    expect(entries).toMatchObject(['ben@example.org', 'Night crew', 'Unassigned'].map(result => ({ ...told, result })));
    const stepId = job.step('a');
    expect((await eventsOf(job.id)).slice(-3)).toEqual(
      [
        { stepId, assignedType: User, assignedTo: ben.id },
        { stepId, assignedType: Group, assignedTo: crew },
        { stepId, assignedType: Unassigned },
      ].map(says => ({ type: 'StepReassigned', by: ana.id, says })),
    );
  });

  test('assignCurrentStep assigns all current steps, a line of history and an event for each that changed', async () => {
    const job = await openJob();
    await assign(ana, job, 'b', ben.id, User);
    expect(await ana.jobs.assignCurrentStep(job.id, ben.id, User)).toBe(true);
    expect(await assignments(job)).toEqual([`a: User ${ben.id}`, `b: User ${ben.id}`]);
    expect(await job.history(ana)).toEqual(['Created', 'Reassigned: b', 'Reassigned: a']);
    await ana.jobs.assignCurrentStep(job.id, 'EXECUTOR', Group);
    expect((await job.history(ana)).slice(3)).toEqual(['Reassigned: a', 'Reassigned: b']);
    expect((await eventsOf(job.id)).filter(({ type }) => type === 'StepReassigned')).toHaveLength(4);
  });

  test('the same assignment again changes nothing', async () => {
    const job = await openJob();
    await assign(ana, job, 'a', crew, Group);
    await expectNothingWritten(server, async () => {
      expect(await assign(ana, job, 'a', crew, Group)).toBe(true);
      expect(await assign(ana, job, 'b', '', Unassigned)).toBe(true);
    });
  });

  test('another step may run meanwhile', async () => {
    const job = await openJob();
    await job.start(ben, 'b');
    await assign(ana, job, 'a', ben.id, User);
    expect(await job.current(ana)).toEqual(['a', 'b']);
    expect(await job.finish(ben, 'b')).toEqual(['Success']);
  });
});

describe('who may', () => {
  test('with jobAssignIndividual one may take a step over, whosever it is, and nothing else', async () => {
    await give('jobAssignIndividual');
    const job = await openJob();
    await assign(ana, job, 'a', ben.id, User);
    await assign(mia, job, 'a', mia.email, User);
    expect(await assignments(job)).toEqual([`a: User ${mia.id}`, 'b: Unassigned']);
    for (const [to, type] of [
      [cleo.id, User],
      [crew, Group],
      ['', Unassigned],
    ] as const)
      await lacks(() => assign(mia, job, 'a', to, type));
  });

  test('an EXECUTOR may take a step over', async () => {
    const job = await openJob();
    await assign(ana, job, 'a', mia.id, User);
    await assign(ben, job, 'a', ben.id, User);
    expect(await job.start(ben, 'a')).toEqual(['Success']);
    await lacks(() => assign(ben, job, 'b', mia.id, User));
  });

  test('with jobAssignGroup one may assign to the own groups and to who is in them, oneself included', async () => {
    await give('jobAssignGroup');
    const job = await openJob();
    for (const [to, type] of [
      [crew, Group],
      [role, Group],
      [cleo.id, User],
      [mia.id, User],
    ] as const)
      expect(await assign(mia, job, 'a', to, type)).toBe(true);
    for (const [to, type] of [
      [ben.id, User],
      ['EXECUTOR', Group],
      ['', Unassigned],
    ] as const)
      await lacks(() => assign(mia, job, 'a', to, type));
  });

  test('who shares a built-in role is in a group with one, too', async () => {
    const author = await newUser(server, admin, 'nora', TeamRole.AUTHOR);
    const dora = await newUser(server, admin, 'dora', TeamRole.AUTHOR);
    await rolesOf(admin).addHolders(role, [author.id]);
    await give('jobAssignGroup');
    const job = await openJob();
    expect(await assign(author, job, 'a', dora.id, User)).toBe(true);
    expect(await assign(author, job, 'b', 'AUTHOR', Group)).toBe(true);
  });

  test('with none of the three nobody, whatever else one may', async () => {
    await give('jobClose', 'jobDelete');
    const job = await openJob();
    await lacks(() => assign(mia, job, 'a', mia.id, User));
    await lacks(() => mia.jobs.assignCurrentStep(job.id, mia.id, User));
  });
});

const lacks = async (call: () => Promise<unknown>): Promise<void> => {
  const { details } = await refused(
    call,
    ErrorCode.INSUFFICIENT_PERMISSIONS,
    'insufficient-permissions',
    /jobAssignAny, which ADMIN and JOBCREATOR have/,
  );
  expect(details).toEqual({ privilege: 'jobAssignAny' });
};

describe('what is refused, with nothing assigned', () => {
  test('a running step; of several, one that runs keeps all as they are', async () => {
    const job = await openJob();
    await job.start(ben, 'b');
    const right = /has "b" running, which belongs to who started it; stop it first/;
    const code = ErrorCode.WRONG_STATE;
    await refused(() => assign(ana, job, 'b', ana.id, User), code, 'job-running', right);
    const { details } = await refused(
      () => ana.jobs.assignCurrentStep(job.id, ana.id, User),
      code,
      'job-running',
      right,
    );
    expect(details).toEqual({ jobId: job.id, stepIds: job.step('b') });
  });

  test('a closed job', async () => {
    const job = await openJob();
    await ana.jobs.closeJobs([job.id]);
    for (const call of [
      () => assign(ana, job, 'a', ben.id, User),
      () => ana.jobs.assignCurrentStep(job.id, ben.id, User),
    ])
      await refused(call, ErrorCode.WRONG_STATE, 'job-closed', /is closed, nobody works on it; reopen it first/);
  });

  test('a step that is not current, before and behind; and one that there is not', async () => {
    const job = await openJob();
    await job.run(ben, 'a');
    const code = ErrorCode.WRONG_STATE;
    for (const title of ['a', 'c'])
      await refused(
        () => assign(ana, job, title, ben.id, User),
        code,
        'step-not-current',
        new RegExp(`does not stand at "${title}"; getJob lists the current steps`),
      );
    await refused(
      () => ana.jobs.assignStep(job.id, 'no-such-step', ben.id, User),
      ErrorCode.NOT_FOUND,
      'step-not-found',
      /stepId: the procedure of the job has no step no-such-step/,
    );
  });

  test('a job without a current step', async () => {
    const { id } = await newTemplate(admin, 'Without an end', [step('a')]);
    await admin.templates.acquireLock(id);
    await admin.templates.update(id, { defaults: { closeAtEnd: false } });
    const job = await jobOf(ana, await admin.templates.publish(id));
    await job.run(ben, 'a');
    await refused(
      () => ana.jobs.assignCurrentStep(job.id, ben.id, User),
      ErrorCode.WRONG_STATE,
      'step-not-current',
      /has no current step; make one current with setCurrentStep/,
    );
  });

  test('a user or a group that there is not, or of another team, and nobody named', async () => {
    const job = await openJob();
    const to = (name: string, type: AssignedType) => () => assign(ana, job, 'a', name, type);
    for (const name of ['nobody@example.org', outsider.id])
      await refused(
        to(name, User),
        ErrorCode.NOT_FOUND,
        'user-not-found',
        /assignedTo: no user ".*" works in this team/,
      );
    await refused(to('NOBODY', Group), ErrorCode.NOT_FOUND, 'group-not-found', /assignedTo: no group "NOBODY"/);
    for (const type of [User, Group])
      await refused(to('', type), ErrorCode.BAD_REQUEST, 'invalid-argument', /assignedTo: empty/);
  });

  test('an archived group', async () => {
    const { id } = await groupsOf(admin).create(admin.teamId, { name: 'Former crew' });
    await groupsOf(admin).archive(id);
    const job = await openJob();
    const right = /assignedTo: the group ".*" is archived; choose another/;
    await refused(() => assign(ana, job, 'a', id, Group), ErrorCode.RESOURCE_ARCHIVED, 'group-archived', right);
  });

  test('a job that there is not, and one of another team', async () => {
    const foreign = await jobOf(outsider, await publishedTemplate(outsider, 'Secret recipe', [step('Stir')]));
    for (const id of ['no-such-job', foreign.id])
      for (const call of [
        () => ana.jobs.assignCurrentStep(id, ben.id, User),
        () => ana.jobs.assignStep(id, foreign.step('Stir'), ben.id, User),
      ])
        await refused(call, ErrorCode.NOT_FOUND, 'job-not-found', new RegExp(`no job ${id} in your teams`));
  });
});

test('two assign and one starts at once: the step belongs to whoever came last, or runs for who had it', async () => {
  const template = await publishedTemplate(admin, 'Wanted', [step('a')]);
  const second = await anotherConnection(admin);
  for (let round = 0; round < 20; round++) {
    const job = await jobOf(ana, template);
    const taking = ana.jobs
      .assignCurrentStep(job.id, ana.id, User)
      .then(String, (error: { slug: string }) => error.slug);
    const giving = second.assignCurrentStep(job.id, mia.id, User).then(String, (error: { slug: string }) => error.slug);
    const [started, ...answers] = await Promise.all([job.start(ben, 'a'), taking, giving]);
    const [current] = (await job.get(ana)).currentSteps;
    if (started[0] === 'Success') {
      expect(current).toMatchObject({ assignedTo: ben.id, startedBy: ben.id });
      expect(answers).toContain('job-running');
    } else {
      expect([ana.id, mia.id]).toContain(current!.assignedTo);
      expect(answers).toContain('true');
    }
  }
});

test('assigning takes a number of statements that does not grow with the steps', async () => {
  const titles = Array.from({ length: 200 }, (_, index) => step(`s${index}`));
  const job = await newJob(admin, [parallel('P', ...titles)]);
  const { statements } = await server.statementsOf(() => ana.jobs.assignCurrentStep(job.id, crew, Group));
  expect(statements.length).toBeLessThanOrEqual(10);
});
