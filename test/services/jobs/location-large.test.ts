/** Locations at their largest: of a hundred thousand positions, and of ten thousand jobs at once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobTemplate } from '#gen/job_template_types';
import type { Geometry } from '#gen/jobs_types';
import { jobOf } from '../../support/jobs.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let template: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  template = await publishedTemplate(admin, 'Mend the pipe', [step('Dig')]);
});
afterAll(() => server.stop());

test('the most positions that a geometry may have', async () => {
  const points = Array.from({ length: 100_000 }, (_, index) => [index / 1000, 1 - index / 7000]);
  const job = await jobOf(admin, template);
  await admin.jobs.setJobLocation(job.id, { points, spatialReference: { wkid: 3857 } });
  expect((await admin.jobs.getJobLocation(job.id)).points).toEqual(points);
});

test('creating 10,000 jobs at a place costs one statement more than without', async () => {
  const create = (location?: Geometry) => () =>
    admin.jobs.createJobs(template.id, { numberOfJobs: 10_000, ...(location && { location }) });
  const without = await server.statementsOf(create());
  const { result, statements } = await server.statementsOf(create({ x: 8.5, y: 47.4 }));
  expect(statements.length).toBe(without.statements.length + 1);
  const located = new Set((await rowsOf(server, 'job_locations')).map(row => row.job_id));
  expect(result.jobIds.every(jobId => located.has(jobId))).toBe(true);
});
