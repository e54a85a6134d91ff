/** Steps that say something: a page to open, a message to people. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NotifyAction } from '#gen/flow_types';
import { TeamRole } from '#gen/user_types';
import { doing, events, jobDoing, leaf, results, states } from '../../../support/actions.ts';
import { logInAdmin, newUser, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  ben = await newUser(server, admin, 'ben', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

describe('openUrl', () => {
  const url = `https://example.org/pumps/${ref('jobName')}`;

  test('tells the address, and is over; a person finishes it', async () => {
    const job = await jobDoing(
      admin,
      [doing('open', { openUrl: { url, label: `Pump ${ref('jobName')}` } }), leaf('after')],
      {
        jobName: 'a b',
      },
    );
    await job.start(ana, 'open');
    expect(await events(server, job, 'StepInformation')).toEqual([
      {
        type: 'StepInformation',
        stepId: 'open',
        url: 'https://example.org/pumps/a%20b',
        msg: 'Pump a b',
        msgCode: 'open-url',
      },
    ]);
    expect(await states(ana, job)).toEqual(['open: COMPLETED']);
    expect(await job.finish(ana, 'open')).toEqual(['Success']);
    expect(await results(ana, job, 'open')).toEqual([
      'Started',
      'Completed: https://example.org/pumps/a%20b',
      'Finished',
    ]);
  });

  test('without a label says the address; with proceedNext it is finished by being started', async () => {
    const job = await jobDoing(admin, [doing('open', { openUrl: { url } }, { proceedNext: true }), leaf('after')], {
      jobName: 'x',
    });
    expect(await job.start(ana, 'open')).toEqual(['Success']);
    expect(await events(server, job, 'StepInformation')).toMatchObject([{ msg: 'https://example.org/pumps/x' }]);
    expect(await job.current(ana)).toEqual(['after']);
  });
});

describe('notify', () => {
  const recipients = async (notify: Partial<NotifyAction>, ownedBy = ben.id): Promise<string[]> => {
    const action = { message: `Look at ${ref('jobName')}`, ...notify };
    const job = await jobDoing(admin, [doing('tell', { notify: action }), leaf('after')], { ownedBy, jobName: 'it' });
    await job.start(ana, 'tell');
    expect(await states(ana, job)).toEqual(['tell: COMPLETED']);
    const [told, ...more] = await events(server, job, 'StepInformation');
    expect(more).toEqual([]);
    expect(told).toMatchObject({ stepId: 'tell', msg: 'Look at it', msgCode: 'notify' });
    return told!.recipients!;
  };

  test('goes to users by id and by e-mail address, each once', async () => {
    expect(await recipients({ userIds: [ana.id, ben.email.toUpperCase(), ana.email] })).toEqual([ana.id, ben.id]);
  });

  test('goes to owner and creator of the job', async () => {
    expect(await recipients({ jobOwner: true, jobCreator: true, userIds: [ben.id] })).toEqual([ben.id, admin.id]);
  });

  test('goes to who is in a role and in a group of the team, as they are then', async () => {
    const groups = admin.connection.service('GroupService');
    const { id } = await groups.create(admin.teamId, { name: 'Riggers' });
    await groups.addMembers(id, [ben.id]);
    expect(await recipients({ groupIds: ['EXECUTOR'] })).toEqual([ana.id]);
    expect((await recipients({ groupIds: [id, 'EXECUTOR'] })).sort()).toEqual([ana.id, ben.id].sort());
  });

  test('of an automatic first step is told at the creation of each job', async () => {
    const notify = { message: 'new', userIds: [ben.id] };
    const job = await jobDoing(admin, [
      doing('tell', { notify }, { automatic: true, proceedNext: true }),
      leaf('after'),
    ]);
    expect(await events(server, job, 'StepInformation')).toMatchObject([{ recipients: [ben.id] }]);
    expect(await job.current(ana)).toEqual(['after']);
  });
});
