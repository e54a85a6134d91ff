/** A run that takes longer than the minute for which it is taken stays with the process that is at it. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { type RunningServer, startServer } from '../../../../src/server/server.ts';
import { doing, jobDoing, results, until, untilState } from '../../../support/actions.ts';
import { hangs, json, Outside } from '../../../support/outside.ts';
import { rowsOf } from '../../../support/rows.ts';
import { logInAdmin } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';

let outside: Outside;
let server: TestServer;
let other: RunningServer;

/** What the servers do again and again they do when the test says so. */
beforeAll(async () => {
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
    ],
  });
  outside = await Outside.start();
  server = await TestServer.start();
  other = await startServer(
    { store: server.settings, host: '127.0.0.1', port: 0, version: 'test' },
    { logger: pino({ level: 'silent' }), clock: server.clock },
  );
});
afterAll(async () => {
  jest.useRealTimers();
  await other.stop();
  await server.stop();
  outside.stop();
});

test('it is kept for another minute each time, sent once, and recorded once', async () => {
  const admin = await logInAdmin(server);
  let answer = () => {};
  outside.next.push(response => {
    hangs(response, outside.got[0]!);
    answer = () => json(200, { state: 'late' })(response, outside.got[0]!);
  });
  const job = await jobDoing(admin, [doing('call', { webRequest: { httpMethod: 'POST', url: outside.url } })]);
  await job.start(admin, 'call');
  await until('the call', () => outside.got.length === 1);
  const takenUntil = async () => (await rowsOf(server, 'job_runs'))[0]?.next_at ?? 0;
  for (let kept = 0; kept < 4; kept++) {
    const before = await takenUntil();
    server.clock.forward(50_000);
    jest.advanceTimersByTime(20_000);
    await until('that the run is kept', async () => (await takenUntil()) >= before + 50_000);
  }
  expect(outside.got).toHaveLength(1);
  answer();
  await untilState(admin, job, 'call: COMPLETED');
  expect(await results(admin, job, 'call')).toEqual(['Started', 'Completed: 200']);
  expect(await rowsOf(server, 'job_runs')).toEqual([]);
  expect(outside.got).toHaveLength(1);
});
