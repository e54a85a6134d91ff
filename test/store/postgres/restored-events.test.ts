/**
 * A dump that is restored into another server of PostgreSQL brings events with ids of transactions that are yet to come there. The server
 * settles that when it starts: webhooks lose nothing and get nothing twice, readers see what happens from then on.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { JobTemplate } from '#gen/job_template_types';
import type { PostgresSettings } from '../../../src/store/postgres.ts';
import { readerOf, until } from '../../support/events.ts';
import { fails, Receiver, thanks } from '../../support/receiver.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let receiver: Receiver;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  receiver = new Receiver();
  admin = await logInAdmin(server);
  template = await publishedTemplate(admin, 'Pump', [step('One')]);
});
afterAll(async () => {
  receiver.stop();
  await server.stop();
});

const create = async (): Promise<string> => (await admin.jobs.createJobs(template.id, {})).jobIds[0]!;

/** The jobs that the webhook was told of, in calls that it took or not. */
const told = (from = 0): string[] =>
  receiver.got
    .slice(from)
    .flatMap(({ body }) => JSON.parse(body).events.map((event: { message: { jobId: string } }) => event.message.jobId));

/** As if the server that the database is from had seen so many transactions more. */
async function fromElsewhere(transactions: number): Promise<void> {
  const client = new pg.Client({ connectionString: (server.settings as PostgresSettings).url });
  await client.connect();
  await client.query(`update events set xid = xid + ${transactions}`);
  await client.query(`update event_webhooks set xid = xid + ${transactions}`);
  await client.end();
}

test('events of a dump from another server are seen, in order, and told once', async () => {
  await admin.connection.service('NotificationService').setEventWebhook(admin.teamId, '', await receiver.start(), {});
  const taken = await create();
  await until(async () => {
    const [webhook] = await rowsOf(server, 'event_webhooks');
    const events = await rowsOf(server, 'events');
    return webhook!.event_id === Math.max(...events.map(event => event.event_id));
  });
  expect(told()).toEqual([taken]);
  receiver.answer = fails(500);
  const missed = [await create(), await create()];
  await until(() => told().length > 1);
  await fromElsewhere(1_000_000_000);
  await server.restart();
  admin = await logInAdmin(server);
  expect((await rowsOf(server, 'events')).every(event => event.xid === 0)).toBe(true);
  const before = receiver.got.length;
  receiver.answer = thanks;
  const reader = await (await readerOf(server, admin)).begin();
  const later = await create();
  server.clock.forward(60_000);
  await until(() => told(before).includes(later));
  expect(told(before)).toEqual([...missed, later]);
  expect((await reader.all()).map(({ jobId }) => jobId)).toEqual([later]);
});

test('a server that starts again leaves them as they are', async () => {
  const before = await rowsOf(server, 'events');
  await server.restart();
  expect(await rowsOf(server, 'events')).toEqual(before);
  expect(before.some(event => event.xid > 0)).toBe(true);
});
