/** The data sheets that a job works with: chosen at its creation, their values kept as of its start. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { logInAdmin, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { withSheets } from '../../support/sheets.ts';

let server: TestServer;
let admin: TestUser;
let made: Awaited<ReturnType<typeof withSheets>>;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  made = await withSheets(admin, ['Pump 1', 'Pump 2']);
});
afterAll(() => server.stop());

const newJob = async (plannedDataSheetIds?: Record<string, string>): Promise<string> => {
  const { jobIds } = await admin.jobs.createJobs(made.templateId, {
    ...(plannedDataSheetIds && { plannedDataSheetIds }),
  });
  return jobIds[0]!;
};
const write = (text: string) =>
  admin.connection
    .service('DataSheetService')
    .sheetOps(made.setId, [
      { update: { id: made.sheetIds[1]!, name: 'Pump 2', idValues: { [made.definitionId]: { text } } } as never },
    ]);

test('values are those of the start, neither of the creation nor of later', async () => {
  const planned = { [made.setId]: made.sheetIds[1]! };
  const jobId = await newJob(planned);
  const created = await admin.jobs.getJob(jobId, {});
  expect(created.plannedDataSheetIds).toEqual(planned);
  expect(created.snapshottedDataSheetValues).toBeNull();
  await write('20 l/s');
  await admin.jobs.startSteps(jobId, []);
  await write('30 l/s');
  await admin.jobs.finishSteps(jobId, []);
  await admin.jobs.startSteps(jobId, []);
  const { snapshottedDataSheetValues } = await admin.jobs.getJob(jobId, {});
  expect(Object.keys(snapshottedDataSheetValues!)).toEqual([made.definitionId]);
  expect(snapshottedDataSheetValues![made.definitionId]).toMatchObject({ text: '20 l/s' });
});

test('a job without a sheet has none', async () => {
  const jobId = await newJob();
  await admin.jobs.startSteps(jobId, []);
  const job = await admin.jobs.getJob(jobId, {});
  expect([job.plannedDataSheetIds, job.snapshottedDataSheetValues]).toEqual([null, null]);
});

test.each<[string, () => Record<string, string>, ErrorCode, string, RegExp]>([
  [
    'a set that the procedure does not refer to',
    () => ({ lost: made.sheetIds[0]! }),
    ErrorCode.BAD_REQUEST,
    'invalid-argument',
    /does not refer to the set lost/,
  ],
  [
    'a sheet that the set does not have',
    () => ({ [made.setId]: 'lost' }),
    ErrorCode.NOT_FOUND,
    'data-sheet-not-found',
    /has no sheet lost/,
  ],
])('%s is refused', async (_what, planned, code, slug, message) => {
  await expectNothingWritten(server, () => expectRefusal(newJob(planned()), code, slug, message));
});
