/** Clients of the web socket that are gone without a word, or that do not read what they are told. */
import { afterEach, expect, test } from '@jest/globals';
import { NotificationType } from '#gen/notifications_types';
import { uuids } from '../../../src/base/ids.ts';
import { systemAct } from '../../../src/engine/act.ts';
import { emit, eventOf } from '../../../src/engine/events.ts';
import type { Limits } from '../../../src/server/limits.ts';
import { until } from '../../support/events.ts';
import { TestHttp } from '../../support/http.ts';
import { newJob, type TestJob } from '../../support/jobs.ts';
import { logInAdmin, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { TestSocket } from '../../support/web-socket.ts';

let server: TestServer;
let admin: TestUser;
let job: TestJob;
let http: TestHttp;

async function subscribed(limits: Partial<Limits>): Promise<TestSocket> {
  server = await TestServer.start({ limits });
  admin = await logInAdmin(server);
  http = new TestHttp(server.address);
  job = await newJob(admin, [step('One')]);
  const socket = await TestSocket.open(server.address, { user: admin });
  socket.subscribe([job.id]);
  await socket.hears(1);
  return socket;
}
afterEach(() => server.stop());

/** More than the systems on the way hold for a client: 40 MB. */
async function tellMuch(): Promise<void> {
  const subject = { team_id: admin.teamId, template_id: 't', job_id: job.id };
  const act = systemAct(server.clock.now(), uuids);
  const event = eventOf(act, subject, NotificationType.StepProgress, { msg: 'x'.repeat(100_000) });
  for (let round = 0; round < 4; round++)
    await server.store.transact(tx =>
      emit(
        tx,
        Array.from({ length: 100 }, () => event),
      ),
    );
}

test('one that does not answer when it is asked whether it is there is closed', async () => {
  const socket = await subscribed({ idleMs: 1500 });
  const there = await TestSocket.open(server.address, { user: admin });
  there.subscribe([job.id]);
  await there.hears(1);
  socket.socket.removeAllListeners('message');
  socket.socket.pause();
  await until(async () => (await http.refusals('idle')) > 0 && (await http.metric('jobwright_sockets')) === 1);
  expect(there.closed).toBeUndefined();
  there.end();
});

test('one that reads nothing of what it is told is closed; what waits for it stays within bounds', async () => {
  const socket = await subscribed({ unreadMs: 1500 });
  socket.socket.pause();
  await tellMuch();
  await until(async () => (await http.refusals('unread')) === 1);
  socket.socket.resume();
  await socket.isClosed();
  expect(socket.heard.length).toBeLessThan(401);
});

test('one that reads late is told all the same, in order', async () => {
  const socket = await subscribed({});
  socket.socket.pause();
  await tellMuch();
  await admin.jobs.closeJobs([job.id]);
  socket.socket.resume();
  await socket.hears(402);
  expect(socket.heard.at(-1)).toMatchObject({ msgType: 'JobUpdated', message: { closed: true } });
  socket.end();
});
