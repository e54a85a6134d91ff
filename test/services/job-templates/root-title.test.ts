/** The title of the root in updateStepGroup: it is not taken, since the entry has the title, but it has the limit of all titles. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let id: string;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  ({ id } = await newTemplate(ana, 'Hydrant', [step('One')]));
  await ana.templates.acquireLock(id);
});

const replaced = (title: string): Promise<JobTemplate> =>
  ana.templates.updateStepGroup(id, group(title, [step('Two')]));

test.each<[string, string]>([
  ['another', 'Pump'],
  ['none', ''],
  ['blanks', '   '],
  ['500 characters', 'x'.repeat(500)],
  ['500 characters beyond the Basic Multilingual Plane', '🔧'.repeat(500)],
])('a root whose title is %s is taken, and the title of the template stays', async (_what, title) => {
  const { title: kept, stepGroup } = await replaced(title);
  expect([kept, stepGroup.title, ...stepGroup.children.map(child => child.title)]).toEqual([
    'Hydrant',
    'Hydrant',
    'Two',
  ]);
});

test.each<[string, string]>([
  ['501 characters', 'x'.repeat(501)],
  ['501 characters beyond the Basic Multilingual Plane', '🔧'.repeat(501)],
  ['501 blanks', ' '.repeat(501)],
])('a root whose title has %s is refused: the limit is that of all titles', async (_what, title) => {
  await expectNothingWritten(server, async () => {
    const refusal = await expectRefusal(
      replaced(title),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /^title: 501 characters; the longest may have 500$/,
    );
    expect(refusal.details).toMatchObject({ field: 'title', limit: '500', found: '501' });
  });
});
