/** Whose step it is: who may start and finish, what starting does to the assignment, and who gets the next step. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import { StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { newJob, parallel, stepOf, type TestJob } from '../../support/jobs.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logIn, logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
let mia: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  mia = await newUser(server, admin, 'mia', TeamRole.AUTHOR);
});

afterAll(() => server.stop());

/** "title: Type name" of each current step. */
async function assignments(job: TestJob): Promise<string[]> {
  const names = new Map([admin, ana, ben, mia].map(user => [user.id, user.email.split('@')[0]]));
  const { currentSteps } = await job.get(ana);
  return currentSteps.map(({ stepName, assignedType, assignedTo }) =>
    [`${stepName}:`, AssignedType[assignedType], ...(assignedTo ? [names.get(assignedTo) ?? assignedTo] : [])].join(
      ' ',
    ),
  );
}

const assignedTo = (assignedType: AssignedType, to: string, ...children: BaseStep[]): Promise<TestJob> =>
  newJob(admin, children, { assignedType, assignedTo: to });

describe('starting', () => {
  test('an unassigned step takes it, and tells who runs it since when', async () => {
    const job = await newJob(admin, [step('a')]);
    expect(await assignments(job)).toEqual(['a: Unassigned']);
    const before = server.clock.now();
    expect(await job.start(ana, 'a')).toEqual(['Success']);
    expect(await assignments(job)).toEqual(['a: User ana']);
    const [current] = (await job.get(ben)).currentSteps;
    expect(current).toMatchObject({ state: StepState.RUNNING, startedBy: ana.id });
    expect(current!.startedAt).toBeGreaterThanOrEqual(before);
  });

  test('a step of a group takes it for a member of the group', async () => {
    const job = await assignedTo(AssignedType.Group, 'EXECUTOR', step('a'));
    expect(await job.start(ben, 'a')).toEqual(['Success']);
    expect(await assignments(job)).toEqual(['a: User ben']);
  });

  test('a step of a group is refused to somebody outside it', async () => {
    const job = await assignedTo(AssignedType.Group, 'EXECUTOR', step('a'));
    await expectNothingWritten(server, async () => {
      expect(await job.start(mia, 'a')).toEqual(['AssignedToDifferentUser']);
      expect(await job.finish(mia, 'a')).toEqual(['AssignedToDifferentUser']);
    });
  });

  test('a step of somebody else is refused, also to an administrator', async () => {
    const job = await assignedTo(AssignedType.User, ana.id, step('a'));
    await expectNothingWritten(server, async () => {
      for (const user of [ben, mia, admin]) expect(await job.start(user, 'a')).toEqual(['AssignedToDifferentUser']);
    });
    expect(await job.start(ana, 'a')).toEqual(['Success']);
  });

  test('an unassigned step takes no role: every member of the team may', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b'))]);
    expect(await job.start(mia, 'a')).toEqual(['Success']);
    expect(await job.start(admin, 'b')).toEqual(['Success']);
  });
});

describe('finishing', () => {
  test('is for who runs the step', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    await expectNothingWritten(server, async () => {
      expect(await job.finish(ben, 'a')).toEqual(['AssignedToDifferentUser']);
    });
    expect(await job.finish(ana, 'a')).toEqual(['Success']);
  });

  test('is bound to the user, not to the token: it works from another session', async () => {
    const job = await newJob(admin, [step('a')]);
    await job.start(ana, 'a');
    const tablet = await logIn(server, ana.email, ana.password, ana.teamId);
    expect(await job.finish(tablet, 'a')).toEqual(['Success']);
  });

  test('a group loses the step to the member that started it', async () => {
    const job = await assignedTo(AssignedType.Group, 'EXECUTOR', step('a'));
    await job.start(ana, 'a');
    expect(await job.finish(ben, 'a')).toEqual(['AssignedToDifferentUser']);
  });

  test('a step that may be skipped is still only for its assignee', async () => {
    const job = await assignedTo(AssignedType.User, ana.id, step('a', { flow: { canSkip: true } }), step('b'));
    expect(await job.finish(ben, 'a')).toEqual(['AssignedToDifferentUser']);
    expect(await job.finish(ana, 'a')).toEqual(['Success']);
  });
});

describe('the next step', () => {
  test('goes to whoever ran the last one, when nothing says otherwise', async () => {
    const job = await newJob(admin, [step('a'), step('b'), step('c')]);
    await job.run(ben, 'a');
    expect(await assignments(job)).toEqual(['b: User ben']);
    expect(await job.start(ana, 'b')).toEqual(['AssignedToDifferentUser']);
    await job.run(ben, 'b');
    expect(await assignments(job)).toEqual(['c: User ben']);
  });

  test('goes to its own assignee, a role or a user, when it has one', async () => {
    const job = await newJob(admin, [step('a'), stepOf('b', 'AUTHOR'), stepOf('c', ana), stepOf('d', 'EXECUTOR')]);
    await job.run(ben, 'a');
    expect(await assignments(job)).toEqual(['b: Group AUTHOR']);
    expect(await job.start(ben, 'b')).toEqual(['AssignedToDifferentUser']);
    await job.run(mia, 'b');
    expect(await assignments(job)).toEqual(['c: User ana']);
    expect(await job.start(mia, 'c')).toEqual(['AssignedToDifferentUser']);
    await job.run(ana, 'c');
    expect(await assignments(job)).toEqual(['d: Group EXECUTOR']);
    await job.run(ben, 'd');
    expect(await job.get(ana)).toMatchObject({ closed: true });
  });

  test('every step of a parallel group gets its own', async () => {
    const job = await newJob(admin, [step('a'), parallel('P', step('b'), stepOf('c', 'AUTHOR'), stepOf('d', ana))]);
    await job.run(ben, 'a');
    expect(await assignments(job)).toEqual(['b: User ben', 'c: Group AUTHOR', 'd: User ana']);
  });

  test('behind a parallel group goes to whoever ran the last of its steps', async () => {
    const job = await newJob(admin, [parallel('P', step('a'), step('b')), step('c')]);
    await job.start(ana, 'a');
    await job.start(ben, 'b');
    await job.finish(ben, 'b');
    await job.finish(ana, 'a');
    expect(await assignments(job)).toEqual(['c: User ana']);
  });

  test('behind a proceedNext step goes to whoever started that', async () => {
    const job = await newJob(admin, [step('a', { flow: { proceedNext: true } }), step('b')]);
    await job.start(ben, 'a');
    expect(await assignments(job)).toEqual(['b: User ben']);
  });

  test('behind a step that nobody ran keeps the assignment of that step', async () => {
    const skippable = { flow: { canSkip: true } };
    const open = await newJob(admin, [step('a', skippable), step('b')]);
    await open.finish(ana, 'a');
    expect(await assignments(open)).toEqual(['b: Unassigned']);
    const grouped = await assignedTo(AssignedType.Group, 'EXECUTOR', step('a', skippable), step('b'));
    await grouped.finish(ana, 'a');
    expect(await assignments(grouped)).toEqual(['b: Group EXECUTOR']);
  });
});
