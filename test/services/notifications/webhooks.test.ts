/** Webhooks that are told events: each once it is taken, in order, signed, again until it is taken, and given up after a day. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ErrorCode } from '#gen/common_types';
import { type EventWebhook, type NotificationFilter, NotificationType } from '#gen/notifications_types';
import { TeamRole } from '#gen/user_types';
import { startServer } from '../../../src/server/server.ts';
import { type Notifications, until } from '../../support/events.ts';
import { newJob } from '../../support/jobs.ts';
import { fails, type Got, hangs, Receiver, thanks } from '../../support/receiver.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

interface Told {
  readonly msgType: string;
  readonly message: { readonly jobId?: string; readonly templateId?: string; readonly cursor: string };
  readonly timestamp: number;
}

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let receiver: Receiver;
let url: string;
let webhookId: string;

const notifications = (user = admin): Notifications => user.connection.service('NotificationService');
const set = (filter: NotificationFilter = {}, id = '', address = url): Promise<EventWebhook> =>
  notifications().setEventWebhook(admin.teamId, id, address, filter);
const current = async (): Promise<EventWebhook> =>
  (await notifications().getEventWebhooks(admin.teamId)).find(webhook => webhook.webhookId === webhookId)!;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.start();
  ({ webhookId } = await set());
});
afterEach(async () => {
  for (const webhook of await notifications().getEventWebhooks(admin.teamId))
    await notifications().removeEventWebhook(admin.teamId, webhook.webhookId);
  receiver.stop();
});

/** Turns the clock; tokens end meanwhile. */
async function later(milliseconds: number): Promise<void> {
  server.clock.forward(milliseconds);
  admin = await logInAdmin(server);
  ana = await logIn(server, ana.email, ana.password);
}

const told = (): Told[] => receiver.got.flatMap(({ body }) => JSON.parse(body).events);
const kinds = (): string[] => told().map(({ msgType }) => msgType);
const hmac = (secret: string, body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

test('a webhook is told what happens, in order, as the interface names it', async () => {
  const job = await newJob(ana, [step('One')]);
  await ana.jobs.closeJobs([job.id]);
  await until(() => told().length === 5);
  expect(kinds()).toEqual(['TemplateCreated', 'TemplateUpdated', 'TemplatePublished', 'Created', 'JobUpdated']);
  expect(told()[3]).toEqual({
    msgType: 'Created',
    timestamp: expect.any(Number),
    message: {
      jobId: job.id,
      teamId: ana.teamId,
      templateId: expect.any(String),
      userId: ana.id,
      cursor: expect.any(String),
      jobStatus: 'Open',
      currentSteps: [expect.objectContaining({ stepName: 'One', assignedType: 'Unassigned', state: 'READY' })],
    },
  });
  const [{ headers, body }] = receiver.got as [Got];
  expect(JSON.parse(body)).toMatchObject({ webhookId, teamId: admin.teamId });
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Jobwright' });
});

test('nothing that was before it, and nothing that its filter leaves out', async () => {
  await notifications().removeEventWebhook(admin.teamId, webhookId);
  await newJob(ana, [step('Before')]);
  await set({ msgTypes: [NotificationType.JobUpdated] });
  const job = await newJob(ana, [step('One')]);
  await ana.jobs.closeJobs([job.id]);
  await until(() => told().length === 1);
  expect(told()).toMatchObject([{ msgType: 'JobUpdated', message: { jobId: job.id } }]);
});

test('many events come in calls of maxEvents at most', async () => {
  await set({ maxEvents: 10 }, webhookId);
  const template = await publishedTemplate(ana, 'Pump', [step('One')]);
  const { jobIds } = await ana.jobs.createJobs(template.id, { numberOfJobs: 35 });
  await until(() => told().length === 38);
  expect(told().flatMap(({ message }) => message.jobId ?? [])).toEqual(jobIds);
  expect(receiver.got.every(({ body }) => JSON.parse(body).events.length <= 10)).toBe(true);
});

describe('what is not taken', () => {
  test('is sent again, the same, before anything that follows it', async () => {
    receiver.answer = fails(500);
    const job = await newJob(ana, [step('One')]);
    await until(async () => (await current()).failedAttempts === 1);
    const failed = await current();
    expect(failed).toMatchObject({ lastFailure: 'answered with 500', dead: false });
    expect(Number(failed.nextAttemptAt)).toBeGreaterThan(server.clock.now());
    server.clock.forward(6_000);
    await until(async () => (await current()).failedAttempts === 2);
    server.clock.forward(11_000);
    await until(async () => (await current()).failedAttempts === 3);
    const [first, again] = receiver.got.slice(-2) as [Got, Got];
    expect(again.headers['x-jobwright-delivery']).toBe(first.headers['x-jobwright-delivery']);
    expect(again.body).toBe(first.body);
    const sent = receiver.got.length;
    await ana.jobs.closeJobs([job.id]);
    receiver.answer = thanks;
    server.clock.forward(21_000);
    await until(() => kinds().includes('JobUpdated'));
    const deliveries = receiver.got.slice(sent - 1).map(({ headers }) => headers['x-jobwright-delivery']);
    // What has more in it is another.
    expect(new Set(deliveries).size).toBe(deliveries.length);
    const taken = receiver.got.slice(sent).flatMap(({ body }) => JSON.parse(body).events as Told[]);
    expect(taken.map(({ msgType }) => msgType)).toEqual([
      'TemplateCreated',
      'TemplateUpdated',
      'TemplatePublished',
      'Created',
      'JobUpdated',
    ]);
    await until(async () => (await current()).failedAttempts === 0);
    expect((await current()).lastFailure ?? undefined).toBeUndefined();
  });

  test('waits longer each time, and after a day the webhook is given up, until it is set anew', async () => {
    receiver.answer = fails(503);
    const job = await newJob(ana, [step('One')]);
    const pauses: number[] = [];
    for (let attempt = 1; ; attempt++) {
      await until(async () => (await current()).failedAttempts === attempt);
      const { dead, nextAttemptAt } = await current();
      if (dead) break;
      const wait = Number(nextAttemptAt) - server.clock.now();
      pauses.push(wait);
      await later(wait + 1);
    }
    expect(pauses.every((wait, index) => index === 0 || wait >= pauses[index - 1]! - 5_000)).toBe(true);
    expect(pauses.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(22 * 60 * 60 * 1000);
    expect(await current()).toMatchObject({ dead: true, lastFailure: 'answered with 503' });
    const sent = receiver.got.length;
    await later(60 * 60 * 1000);
    receiver.answer = thanks;
    expect(await set({}, webhookId)).toMatchObject({ webhookId, dead: false, failedAttempts: 0 });
    await until(() => receiver.got.length > sent);
    const taken = receiver.got.slice(sent).flatMap(({ body }) => JSON.parse(body).events as Told[]);
    expect(taken.map(({ message }) => message.jobId)).toContain(job.id);
  });

  test("by a receiver that hangs is in nobody else's way", async () => {
    receiver.answer = hangs;
    const other = new Receiver();
    await set({}, '', await other.start());
    const job = await newJob(ana, [step('One')]);
    await until(() => other.got.some(({ body }) => body.includes(job.id)));
    await ana.jobs.closeJobs([job.id]);
    await until(() => other.got.some(({ body }) => body.includes('JobUpdated')));
    await until(async () => (await current()).failedAttempts === 1);
    expect((await current()).lastFailure).toBe('no answer within 10 s');
    other.stop();
  });

  test('by nobody is told with the reason', async () => {
    receiver.stop();
    await newJob(ana, [step('One')]);
    await until(async () => (await current()).failedAttempts === 1);
    expect((await current()).lastFailure).toMatch(/ECONNREFUSED/);
  });
});

test('of two server processes one sends each event', async () => {
  const other = await startServer(
    { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
    { logger: pino({ level: 'silent' }), clock: server.clock },
  );
  const template = await publishedTemplate(ana, 'Pump', [step('One')]);
  const made: string[] = [];
  for (let round = 0; round < 20; round++) made.push(...(await ana.jobs.createJobs(template.id, {})).jobIds);
  await until(() => told().length >= 23);
  await other.stop();
  expect(told().flatMap(({ message }) => message.jobId ?? [])).toEqual(made);
});

test('what a server leaves that stops, the next one sends', async () => {
  receiver.answer = hangs;
  const job = await newJob(ana, [step('One')]);
  await until(() => receiver.got.length === 1);
  await server.restart();
  receiver.answer = thanks;
  await later(61_000);
  await until(() => receiver.got.length > 1 && kinds().includes('Created'));
  expect(told().at(-1)!.message.jobId).toBe(job.id);
});

describe('the secret', () => {
  /** The job is made last: nothing of it is on its way any more, signed as it was when it was taken. */
  async function toldOfNewJob(): Promise<void> {
    const { id } = await newJob(ana, [step('One')]);
    await until(() => told().some(({ message }) => message.jobId === id));
  }

  test('signs each call; after a change the one before signs too, for a day', async () => {
    const first = await notifications().rotateEventWebhookSecret(admin.teamId, webhookId);
    await toldOfNewJob();
    const { headers, body } = receiver.got.at(-1)!;
    expect(String(headers['x-jobwright-signature']).split(',')[0]).toBe(hmac(first.secret, body));
    const second = await notifications().rotateEventWebhookSecret(admin.teamId, webhookId);
    expect((await current()).previousSecretUntil).toEqual(second.previousUntil);
    await toldOfNewJob();
    const next = receiver.got.at(-1)!;
    expect(String(next.headers['x-jobwright-signature']).split(',')).toEqual([
      hmac(second.secret, next.body),
      hmac(first.secret, next.body),
    ]);
    await later(24 * 60 * 60 * 1000 + 1000);
    await toldOfNewJob();
    const last = receiver.got.at(-1)!;
    expect(last.headers['x-jobwright-signature']).toBe(hmac(second.secret, last.body));
  });

  test('stands in no row', async () => {
    const { secret } = await notifications().rotateEventWebhookSecret(admin.teamId, webhookId);
    for (const table of ['webhooks', 'event_webhooks', 'audit_events'] as const)
      expect(JSON.stringify(await rowsOf(server, table))).not.toContain(secret);
  });
});

describe('refused, and nothing is written:', () => {
  test.each([
    ['an address of another kind', () => set({}, '', 'file:///etc/passwd'), /url: .*http:\/\/ or https:\/\//],
    ['no address', () => set({}, '', ''), /url/],
    ['what depends on a caller', () => set({ mine: true }), /filter.mine: a webhook is nobody/],
    ['another team', () => set({ teamId: 'elsewhere' }), /filter.teamId: elsewhere/],
    ['calls without events', () => set({ maxEvents: 0 }), /filter.maxEvents: 0/],
  ])('%s', async (_, call, message) => {
    await expectNothingWritten(server, () => expectRefusal(call(), ErrorCode.BAD_REQUEST, 'invalid-argument', message));
  });

  test.each([
    ['set', () => set({}, 'lost')],
    ['given a secret', () => notifications().rotateEventWebhookSecret(admin.teamId, 'lost')],
    ['removed', () => notifications().removeEventWebhook(admin.teamId, 'lost')],
  ])('a webhook that is not there cannot be %s', async (_, call) => {
    await expectNothingWritten(server, () =>
      expectRefusal(call(), ErrorCode.NOT_FOUND, 'webhook-not-found', /no event webhook lost/),
    );
  });

  test('more than a team may have', async () => {
    for (let count = 1; count < 10; count++) await set();
    await expectNothingWritten(server, () =>
      expectRefusal(set(), ErrorCode.BAD_REQUEST, 'limit-exceeded', /10 event webhooks; it may have 10/),
    );
  });
});

test('setting, changing, rotating and removing stand in the audit trail', async () => {
  await set({}, webhookId, `${url}/other?key=Sesame`);
  await notifications().rotateEventWebhookSecret(admin.teamId, webhookId);
  await notifications().removeEventWebhook(admin.teamId, webhookId);
  const rows = (await rowsOf(server, 'audit_events')) as { subject_id: string; action: string }[];
  expect(rows.filter(row => row.subject_id === webhookId).map(({ action }) => action)).toEqual([
    'webhook.set',
    'webhook.set',
    'webhook.rotated',
    'webhook.cleared',
  ]);
  // The rest of an address may be a secret.
  expect(JSON.stringify(rows)).not.toContain('Sesame');
  expect(await rowsOf(server, 'event_webhooks')).toEqual([]);
});
