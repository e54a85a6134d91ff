/** What one call may ask for: jobs with many first steps, and answers that no message can carry. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode, MAX_TEMPLATE_BYTES } from '#gen/common_types';
import { GroupMode } from '#gen/flow_types';
import type { TemplateSelectOpts } from '#gen/job_template_types';
import { engine } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
beforeAll(async () => {
  server = await TestServer.start();
  ana = await logInAdmin(server);
});
afterAll(() => server.stop());

const wide = (steps: number) =>
  publishedTemplate(ana, `${steps} at once`, [
    group(
      'All',
      Array.from({ length: steps }, (_, n) => step(`Reading ${n}`)),
      { flow: { mode: GroupMode.PARALLEL } },
    ),
  ]);

test('jobs that begin with many steps at once take no more statements than others, and get all of their steps', async () => {
  const { id } = await wide(100);
  const { result, statements } = await server.statementsOf(() => ana.jobs.createJobs(id, { numberOfJobs: 500 }));
  // PostgreSQL forgets its plans behind many new jobs.
  expect(statements.length).toBeLessThanOrEqual(engine === 'postgres' ? 9 : 8);
  const { currentSteps } = await ana.jobs.getJob(result.jobIds[499]!, {});
  expect(currentSteps.map(current => current.stepName)).toEqual(Array.from({ length: 100 }, (_, n) => `Reading ${n}`));
});

test('jobs and their first steps are bounded together: the refusal says how many jobs are right', async () => {
  const { id } = await wide(1000);
  await expectNothingWritten(server, () =>
    expectRefusal(
      ana.jobs.createJobs(id, { numberOfJobs: 101 }),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /at most 100 of them/,
    ),
  );
});

/** A group of steps that take about this many bytes. */
const heavy = (bytes: number) =>
  group(
    'Heavy',
    Array.from({ length: Math.floor(bytes / 20_000) }, () =>
      step('S', { descrip: [{ txt: { txt: 'x'.repeat(19_500) } }] }),
    ),
  );

test('a template that would not fit into an answer is refused at the edit', async () => {
  const { id, stepGroup } = await newTemplate(ana, 'Grows', [heavy(MAX_TEMPLATE_BYTES * 0.7)]);
  await ana.templates.acquireLock(id);
  await expectNothingWritten(server, () =>
    expectRefusal(
      ana.templates.addStepGroupModular(id, stepGroup.id, heavy(MAX_TEMPLATE_BYTES * 0.7), -1, false),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /bytes; those of a template may take 8388608/,
    ),
  );
});

test('an answer that no message can carry is refused, and the connection goes on', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await newTemplate(ana, `Large ${n}`, [heavy(6_000_000)])).id);
  const all = ana.templates.fetch({ includeSteps: true } as TemplateSelectOpts, ids);
  await expectRefusal(all, ErrorCode.BAD_REQUEST, 'limit-exceeded', /ask for less at once/);
  const one = await ana.templates.fetch({ includeSteps: true } as TemplateSelectOpts, [ids[0]!]);
  expect(one[ids[0]!]!.template!.stepGroup!.children[0]!.children.length).toBe(300);
});
