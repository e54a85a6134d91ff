/** Reading events: which there are, from where on, which of them, and for whom. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { kindOf, type Reader, readerOf } from '../../support/events.ts';
import { newJob, stepOf } from '../../support/jobs.ts';
import { expectRefusal } from '../../support/refusals.ts';
import {
  logIn,
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let outsider: TestUser;
let reader: Reader;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  outsider = await newOutsider(server, admin);
  reader = await readerOf(server, ana);
});
afterAll(() => server.stop());

describe('what happens is told', () => {
  test('of a job: created with status and current steps, closed with who did it', async () => {
    const template = await publishedTemplate(ana, 'Pump', [step('One'), step('Two')]);
    await reader.begin();
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 2 });
    await admin.jobs.closeJobs([jobIds[0]!]);
    const [first, second, closed, ...others] = await reader.all();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      msgType: NotificationType.Created,
      jobId: jobIds[0],
      teamId: ana.teamId,
      templateId: template.id,
      userId: ana.id,
      jobStatus: 'Open',
      currentSteps: [{ stepName: 'One', assignedType: AssignedType.Unassigned, state: StepState.READY }],
    });
    expect(second).toMatchObject({ msgType: NotificationType.Created, jobId: jobIds[1] });
    expect(closed).toMatchObject({
      msgType: NotificationType.JobUpdated,
      jobId: jobIds[0],
      userId: admin.id,
      closed: true,
      closedBy: admin.id,
    });
    expect(Math.abs(Number(first!.timestamp) - server.clock.now())).toBeLessThan(60_000);
  });

  test('of a template: what its life consists of, in order, with the versions', async () => {
    await reader.begin();
    const { id } = await newTemplate(ana, 'Valve', [step('One')]);
    await ana.templates.beginReview(id);
    await ana.templates.endReview(id);
    await ana.templates.publishVersion(id, 1);
    await ana.templates.acquireLock(id);
    await admin.templates.forceAcquireLock(id);
    await admin.templates.archive(id);
    await admin.templates.unarchive(id);
    const events = await reader.all();
    expect(events.map(kindOf)).toEqual([
      'TemplateCreated',
      'TemplateUpdated',
      'TemplateReviewBegun',
      'TemplateReviewEnded',
      'TemplatePublished',
      'TemplateLockBroken',
      'TemplateArchived',
      'TemplateUnarchived',
    ]);
    expect(events.every(event => event.templateId === id && event.jobId == null)).toBe(true);
    expect(events[1]).toMatchObject({ internalVersion: 2, userId: ana.id });
    expect(events[2]).toMatchObject({ internalVersion: 2, publicVersion: 1 });
    expect(events[4]).toMatchObject({ internalVersion: 2, publicVersion: 1 });
    expect(events[5]).toMatchObject({ recipients: [ana.id], userId: admin.id });
  });

  test('of copies: each is a template that was created; a revert is an edit', async () => {
    const { id } = await newTemplate(ana, 'Copied', [step('One')]);
    await reader.begin();
    const copy = await ana.templates.cloneTemplate(id);
    await ana.templates.acquireLock(id);
    await ana.templates.revert(id, 1);
    await ana.templates.releaseLock(id);
    const events = await reader.all();
    expect(events.map(kindOf)).toEqual(['TemplateCreated', 'TemplateUpdated']);
    expect(events.map(({ templateId }) => templateId)).toEqual([copy.id, id]);
    expect(events[1]).toMatchObject({ internalVersion: 3 });
  });

  test('what is refused, and what changes nothing, is not told', async () => {
    const { id } = await newTemplate(ana, 'Still', [step('One')]);
    await ana.templates.acquireLock(id);
    await reader.begin();
    await ana.templates.update(id, { title: 'Still' });
    await expect(ana.templates.publishVersion(id, 7)).rejects.toThrow();
    await expect(ana.jobs.createJobs(id, {})).rejects.toThrow();
    expect(await reader.all()).toEqual([]);
  });
});

describe('a cursor', () => {
  test('that is empty begins now', async () => {
    await newJob(ana, [step('One')]);
    await reader.begin();
    expect(await reader.all()).toEqual([]);
  });

  test('goes on where it was told, as often as it is used', async () => {
    await reader.begin();
    const before = reader.cursor;
    const template = await publishedTemplate(ana, 'Pump', [step('One')]);
    await ana.jobs.createJobs(template.id, { numberOfJobs: 5 });
    const events = await reader.all();
    expect(await reader.all()).toEqual([]);
    reader.cursor = before;
    expect(await reader.all()).toEqual(events);
  });

  test('stands in each event, and goes on behind it', async () => {
    await reader.begin();
    const template = await publishedTemplate(ana, 'Pump', [step('One')]);
    await ana.jobs.createJobs(template.id, { numberOfJobs: 5 });
    const events = await reader.all();
    reader.cursor = events[4]!.cursor!;
    expect(await reader.all()).toEqual(events.slice(5));
  });

  test('moves on in portions of maxEvents, and says whether more are there', async () => {
    await reader.begin();
    const template = await publishedTemplate(ana, 'Pump', [step('One')]);
    const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 7 });
    const filter = { jobIds, maxEvents: 3 };
    const portions = [];
    for (let more = true; more; ) {
      const result = await reader.poll(filter);
      portions.push(result.events.map(({ jobId }) => jobId));
      more = result.more;
    }
    expect(portions).toEqual([jobIds.slice(0, 3), jobIds.slice(3, 6), jobIds.slice(6)]);
  });

  test('moves on over events that the filter leaves out', async () => {
    await reader.begin();
    await newJob(ana, [step('One')]);
    expect(await reader.kinds({ msgTypes: [NotificationType.StepError] })).toEqual([]);
    expect(await reader.all()).toEqual([]);
  });

  test.each([
    ['made up', () => 'abc'],
    ['changed', (cursor: string) => `1${cursor}`],
    ['cut', (cursor: string) => cursor.slice(0, -1)],
    ['too long', (cursor: string) => cursor.repeat(100)],
  ])('that is %s is refused', async (_, spoil) => {
    await reader.begin();
    const refused = reader.notifications.poll(spoil(reader.cursor), { teamId: ana.teamId }, 0);
    await expectRefusal(refused, ErrorCode.BAD_REQUEST, 'invalid-argument', /cursor: not a cursor of this team/);
  });

  test('of another team is refused', async () => {
    const foreign = await (await readerOf(server, outsider)).begin();
    const refused = reader.notifications.poll(foreign.cursor, { teamId: ana.teamId }, 0);
    await expectRefusal(refused, ErrorCode.BAD_REQUEST, 'invalid-argument', /cursor: not a cursor of this team/);
  });
});

describe('a filter', () => {
  test('lets through what meets all of it', async () => {
    const [one, two] = [await newJob(ana, [step('One')]), await newJob(ana, [step('One')])];
    await reader.begin();
    const start = reader.cursor;
    await ana.jobs.closeJobs([one.id]);
    await ana.jobs.closeJobs([two.id]);
    const template = (await one.get(ana)).jobTemplateId;
    const ids = async (filter: object) => {
      reader.cursor = start;
      return (await reader.all(filter)).map(({ jobId }) => jobId);
    };
    expect(await ids({})).toEqual([one.id, two.id]);
    expect(await ids({ jobIds: [two.id] })).toEqual([two.id]);
    expect(await ids({ templateIds: [template] })).toEqual([one.id]);
    expect(await ids({ templateIds: [template], jobIds: [two.id] })).toEqual([]);
    expect(await ids({ msgTypes: [NotificationType.JobUpdated] })).toEqual([one.id, two.id]);
    expect(await ids({ msgTypes: [NotificationType.Created] })).toEqual([]);
  });

  test('mine: jobs that the caller owns, and those with a current step of its own or of its groups', async () => {
    const ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
    const reading = await (await readerOf(server, ben)).begin();
    const owned = await newJob(ana, [step('One')], { ownedBy: ben.id });
    const assigned = await newJob(ana, [stepOf('One', ben)]);
    const ofGroup = await newJob(ana, [stepOf('One', 'EXECUTOR')]);
    await newJob(ana, [stepOf('One', ana)]);
    const found = await reading.all({ mine: true });
    expect(found.map(({ jobId }) => jobId)).toEqual([owned.id, assigned.id, ofGroup.id]);
  });

  test('mine: that a job is deleted is told to those who owned it or had a current step of it', async () => {
    const ben = await newUser(server, admin, 'carl', TeamRole.EXECUTOR);
    const reading = await (await readerOf(server, ben)).begin();
    const owned = await newJob(admin, [step('One')], { ownedBy: ben.id });
    const assigned = await newJob(admin, [stepOf('One', ben)]);
    const ofGroup = await newJob(admin, [stepOf('One', 'EXECUTOR')]);
    const others = await newJob(admin, [stepOf('One', ana), stepOf('Later', ben)]);
    await admin.jobs.closeJobs([assigned.id]);
    await admin.jobs.deleteJobs([owned.id, assigned.id, ofGroup.id, others.id]);
    const found = await reading.all({ mine: true });
    expect(found.map(({ jobId, msgType }) => [jobId, NotificationType[msgType]])).toEqual(
      [owned, assigned, ofGroup].map(({ id }) => [id, 'JobDeleted']),
    );
    expect(Object.keys(found[0]!)).not.toContain('concerned');
  });

  test.each([
    [{ maxEvents: 0 }, /filter.maxEvents: 0; expected 1 to 1000/],
    [{ maxEvents: 1001 }, /filter.maxEvents: 1001/],
  ])('%j is refused', async (filter, message) => {
    await expectRefusal(reader.poll(filter), ErrorCode.BAD_REQUEST, 'invalid-argument', message);
  });

  test('with too many ids is refused', async () => {
    const jobIds = Array.from({ length: 1001 }, (_, index) => `job${index}`);
    await expectRefusal(reader.poll({ jobIds }), ErrorCode.BAD_REQUEST, 'limit-exceeded', /filter.jobIds/);
  });

  test.each([-1, 60_001])('a time of %i ms is refused', async timeoutMs => {
    await expectRefusal(reader.poll({}, timeoutMs), ErrorCode.BAD_REQUEST, 'invalid-argument', /expected 0 to 60000/);
  });
});

describe('a reader sees', () => {
  test('nothing of another team', async () => {
    const reading = await readerOf(server, outsider);
    const refused = reading.notifications.poll('', { teamId: ana.teamId }, 0);
    await expectRefusal(refused, ErrorCode.NOT_FOUND, 'team-not-found');
    await reading.begin();
    const job = await newJob(ana, [step('One')]);
    expect(await reading.all({ jobIds: [job.id] })).toEqual([]);
    expect(await reading.all()).toEqual([]);
  });

  test('the one team that it works in, when it names none; of several it must name one', async () => {
    expect((await reader.notifications.poll('', {}, 0)).events).toEqual([]);
    const refused = (await readerOf(server, admin)).notifications.poll('', {}, 0);
    await expectRefusal(refused, ErrorCode.BAD_REQUEST, 'invalid-argument', /filter.teamId: unset/);
  });

  test('templates that are hidden from it neither in events', async () => {
    const abac = admin.connection.service('AbacService');
    const attributes = await abac.updateAttributes(admin.teamId, [
      { id: '', label: 'Site', values: [{ id: '', label: 'North' }] },
    ] as never);
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: true } } as never);
    const own = await (await readerOf(server, admin)).begin();
    await reader.begin();
    const hidden = await admin.templates.create(admin.teamId, { title: 'Secret' }, attributes);
    const open = await admin.templates.create(admin.teamId, { title: 'Open' }, []);
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: false } } as never);
    expect((await own.all()).map(({ templateId }) => templateId)).toEqual([hidden.id, open.id]);
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: true } } as never);
    expect((await reader.all()).map(({ templateId }) => templateId)).toEqual([open.id]);
    await admin.teams.update(admin.teamId, { config: { restrictTemplatesByAttributes: false } } as never);
  });
});

describe('the first poll', () => {
  test('answers at once with where the named jobs stand', async () => {
    const job = await newJob(ana, [stepOf('One', ana), step('Two')]);
    await job.start(ana, 'One');
    const untouched = await newJob(ana, [step('One')]);
    const closed = await newJob(ana, [step('One')]);
    await ana.jobs.closeJobs([closed.id]);
    reader.cursor = '';
    const { events } = await reader.poll({ jobIds: [closed.id, job.id, untouched.id, 'lost'] }, 60_000);
    expect(events.map(kindOf)).toEqual(['JobState', 'JobState', 'JobState']);
    expect(events[0]).toMatchObject({ jobId: closed.id, closed: true, jobStatus: 'Closed', stepStates: [] });
    expect(events[0]!.cursor ?? undefined).toBeUndefined();
    const { currentUser, sessionId } = await ana.auth.login(ana.email, ana.password, {});
    expect(currentUser.id).toBe(ana.id);
    expect(events[1]).toMatchObject({ jobId: job.id, closed: false, senderId: expect.any(String) });
    expect(events[1]!.senderId).not.toBe(sessionId);
    expect(events[1]!.stepStates).toMatchObject([
      {
        stepId: job.step('One'),
        stepName: 'One',
        assignedTo: ana.id,
        assignedType: AssignedType.User,
        canSkip: false,
        state: StepState.RUNNING,
        messageDetails: { msgType: NotificationType.StepStarted, allowedActions: 6 },
      },
    ]);
    expect(events[2]!.stepStates).toMatchObject([{ state: StepState.READY }]);
    expect(events[2]!.stepStates![0]!.messageDetails ?? undefined).toBeUndefined();
    await ana.jobs.closeJobs([untouched.id]);
    expect((await reader.all({ jobIds: [untouched.id] })).map(kindOf)).toEqual(['JobUpdated']);
  });

  test('says nothing of jobs of another team', async () => {
    const job = await newJob(ana, [step('One')]);
    const reading = await readerOf(server, outsider);
    expect((await reading.poll({ jobIds: [job.id] })).events).toEqual([]);
  });
});

test('a cursor that is older than events are kept has expired', async () => {
  await reader.begin();
  const { cursor } = reader;
  server.clock.forward(7 * 24 * 60 * 60 * 1000 + 60_000);
  ana = await logIn(server, ana.email, ana.password);
  const late = await readerOf(server, ana);
  const refused = late.notifications.poll(cursor, { teamId: ana.teamId }, 0);
  await expectRefusal(refused, ErrorCode.INVALID_VERSION, 'cursor-expired', /begin with an empty cursor/);
});
