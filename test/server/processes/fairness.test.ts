/** Workers that write all the time, into one database: each gets its share of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConnectionLost, connect } from '../../../src/client/connect.ts';
import { until } from '../../support/events.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { type Side, twoWorkers } from './pair.ts';

const WRITES = 1000;
const WRITERS_PER_WORKER = 8;

let pair: Awaited<ReturnType<typeof twoWorkers>>;
let admin: TestUser;

beforeAll(async () => {
  pair = await twoWorkers();
  admin = await logInAdmin(pair.sides[0]);
}, 60_000);
afterAll(() => pair.stop());

test(`of ${WRITES} writes that two workers answer under constant load, neither answers less than a quarter, or keeps the other waiting for long`, async () => {
  const template = await publishedTemplate(admin, 'Written', [step('a')]);
  const answered = [0, 0];
  const order: number[] = [];
  const writer = async (side: Side, worker: 0 | 1) => {
    const connection = await side.connect();
    await connection.service('AuthenticationService').authenticate(admin.token);
    const jobs = connection.service('JobsService');
    return async () => {
      while (answered[0]! + answered[1]! < WRITES) {
        await jobs.createJobs(template.id, {});
        answered[worker]!++;
        order.push(worker);
      }
    };
  };
  const writers = [];
  for (let n = 0; n < WRITERS_PER_WORKER; n++)
    for (const worker of [0, 1] as const) writers.push(await writer(pair.sides[worker], worker));
  await Promise.all(writers.map(write => write()));
  // Measured: 16 to 23; where nothing but the lock of SQLite says who writes next, 53 to 136.
  expect(longestRun(order)).toBeLessThan(5 * WRITERS_PER_WORKER);
  expect(Math.min(...answered)).toBeGreaterThan(WRITES / 4);
});

test('a worker that is killed while both write takes nothing with it: the other writes on, and so does the one in its place', async () => {
  const template = await publishedTemplate(admin, 'Written on', [step('a')]);
  const connection = await pair.sides[1].connect();
  await connection.service('AuthenticationService').authenticate(admin.token);
  const jobs = connection.service('JobsService');
  const ready = () => pair.server.log.filter(({ msg }) => msg === 'a worker is ready');
  for (let round = 0; round < 5; round++) {
    let killed = false;
    const writing = writeUntil(() => killed, template.id);
    for (let n = 0; n < 20; n++) await jobs.createJobs(template.id, {});
    const before = ready().length;
    process.kill(ready().findLast(({ worker }) => worker !== 2)!.pid as number, 'SIGKILL');
    killed = true;
    for (let n = 0; n < 20; n++) await jobs.createJobs(template.id, {});
    await writing;
    await until(() => ready().length > before);
  }
});

/** Over some connections of its own, to both workers; those to one that is killed end with it. */
async function writeUntil(ended: () => boolean, templateId: string): Promise<void> {
  const write = async () => {
    const connection = await connect(pair.server.address);
    await connection.service('AuthenticationService').authenticate(admin.token);
    try {
      while (!ended()) await connection.service('JobsService').createJobs(templateId, {});
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    await connection.close();
  };
  await Promise.all(Array.from({ length: WRITERS_PER_WORKER }, write));
}

/** So many answers came from one worker, one behind the other. */
function longestRun(order: readonly number[]): number {
  let [longest, run] = [0, 0];
  for (const [index, worker] of order.entries()) {
    run = worker === order[index - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
