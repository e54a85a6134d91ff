/** Properties of many jobs at once, and the statements that they need. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CreateJobOverrides } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { jobOf } from '../../support/jobs.ts';
import {
  everyType,
  extendedOf,
  given,
  property,
  related,
  relatedOf,
  single,
  templateWith,
} from '../../support/properties.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.JOBCREATOR);
});

afterAll(() => server.stop());

const LARGEST = '9223372036854775807';
const read = (jobId: string) => ana.jobs.getJob(jobId, { extProps: true });

test('ten thousand jobs have their properties, with one statement more than without', async () => {
  const plainTemplate = await publishedTemplate(admin, 'Plain', [step('a')]);
  const { id } = await templateWith(admin, [single('One', ...everyType()), related('Many', property('n', 'Integer'))]);
  const count = async (templateId: string, overrides: CreateJobOverrides) => {
    const { result, statements } = await server.statementsOf(() =>
      ana.jobs.createJobs(templateId, { numberOfJobs: 10_000, ...overrides }),
    );
    return { jobIds: result.jobIds, statements: statements.length };
  };
  const bare = await count(plainTemplate.id, {});
  const rich = await count(id, {
    extendedProperties: [{ identifier: 'One.aString', value: 'Zone8' }],
    relatedProperties: [{ tableName: 'Many', entries: [{ properties: given({ n: LARGEST }) }] }],
  });
  expect(rich.statements - bare.statements).toBe(1);
  for (const at of [0, 4_999, 9_999]) {
    const job = await read(rich.jobIds[at]!);
    expect(extendedOf(job)).toMatchObject({ One: { aString: 'Zone8', aDouble: null } });
    expect(relatedOf(job)).toEqual({ Many: [{ n: LARGEST }] });
  }
  const own = new Set(rich.jobIds);
  expect((await rowsOf(server, 'job_property_rows')).filter(({ job_id }) => own.has(job_id))).toHaveLength(20_000);
});

test('getJob needs one statement more for them, and none where the template has no tables', async () => {
  const plainJob = await jobOf(ana, await publishedTemplate(admin, 'Plain', [step('a')]));
  const { id } = await templateWith(admin, [related('Many', property('n', 'Integer'))]);
  const entries = Array.from({ length: 1000 }, (_, n) => ({ properties: given({ n: `${n}` }) }));
  const job = await jobOf(ana, { id } as never, { relatedProperties: [{ tableName: 'Many', entries }] });
  const statements = async (jobId: string, extProps: boolean) =>
    (await server.statementsOf(() => ana.jobs.getJob(jobId, { extProps }))).statements.length;
  expect(await statements(plainJob.id, true)).toBe(await statements(plainJob.id, false));
  expect(await statements(job.id, true)).toBe((await statements(job.id, false)) + 1);
  expect(relatedOf(await read(job.id)).Many!.map(({ n }) => n)).toEqual(entries.map((_, n) => n));
});

test('createJobs without tables and without properties needs no statement for them', async () => {
  const { id } = await templateWith(admin, [single('One', property('p'))]);
  const { statements } = await server.statementsOf(() => ana.jobs.createJobs(id, {}));
  expect(statements.filter(text => text.includes('job_property_rows'))).toEqual([]);
});
