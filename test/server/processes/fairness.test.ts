/** Workers that write all the time, into one database: each gets its share of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { type Pair, type Side, twoWorkers } from './pair.ts';

const WRITES = 1000;
const WRITERS_PER_WORKER = 8;

let pair: Pair;
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

/** So many answers came from one worker, one behind the other. */
function longestRun(order: readonly number[]): number {
  let [longest, run] = [0, 0];
  for (const [index, worker] of order.entries()) {
    run = worker === order[index - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
