/** Nothing crosses teams: the templates of another team do not exist, and no refusal says otherwise. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode, type SystemException } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import {
  group,
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { flags, select } from './selection.ts';

let server: TestServer;
let ana: TestUser;
let outsider: TestUser;
let foreign: JobTemplate;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
  outsider = await newOutsider(server, admin);
  foreign = await publishedTemplate(ana, 'Secret recipe', [step('Mix')]);
  await ana.templates.acquireLock(foreign.id);
});
afterAll(() => server.stop());

/** Word for word what is said of a template that never was. */
function expectNothingSaid(refusal: SystemException): void {
  expect(refusal.message).toBe(`no template ${foreign.id} in your teams; give the id that create returned`);
  expect(refusal.localizedMessage).toBe(refusal.message);
  expect(refusal.details).toEqual({ templateId: foreign.id });
  const said = JSON.stringify(refusal);
  for (const secret of ['Secret', 'Plant', 'ana', foreign.team.id, foreign.stepGroup.id]) {
    expect(said).not.toContain(secret);
  }
}

test.each<[string, (user: TestUser) => Promise<unknown>]>([
  ['get', user => user.templates.get(foreign.id)],
  ['getPublicVersion of the current one', user => user.templates.getPublicVersion(foreign.id, 0)],
  ['getPublicVersion of one that is there', user => user.templates.getPublicVersion(foreign.id, 1)],
  ['getPublicVersion of one that is not', user => user.templates.getPublicVersion(foreign.id, 7)],
  ['update', user => user.templates.update(foreign.id, { title: 'Mine' })],
  ['update that expects a version', user => user.templates.update(foreign.id, { title: 'Mine', expectedVersion: 99 })],
  ['updateRootHeaders', user => user.templates.updateRootHeaders(foreign.id, { condition: 'Mine?' })],
  ['publish', user => user.templates.publish(foreign.id)],
  ['acquireLock', user => user.templates.acquireLock(foreign.id)],
  ['forceAcquireLock', user => user.templates.forceAcquireLock(foreign.id)],
  ['releaseLock', user => user.templates.releaseLock(foreign.id)],
  ['addStepModular', user => user.templates.addStepModular(foreign.id, foreign.stepGroup.id, step('Mine'), -1, false)],
  [
    'addStepGroupModular',
    user => user.templates.addStepGroupModular(foreign.id, foreign.stepGroup.id, group('Mine', []), -1, false),
  ],
])('%s of another team’s template: there is none', async (_name, call) => {
  const refusal = await expectNothingWritten(server, () =>
    expectRefusal(call(outsider), ErrorCode.NOT_FOUND, 'template-not-found'),
  );
  expectNothingSaid(refusal);
});

test('fetch of another team’s template answers an error in its place, and the caller’s own beside it', async () => {
  const own = await newTemplate(outsider, 'Own', [step('One')]);
  const fetched = await outsider.templates.fetch(select(...flags), [own.id, foreign.id]);
  expect(Object.keys(fetched).sort()).toEqual([own.id, foreign.id].sort());
  expect(fetched[own.id]).toMatchObject({ template: { id: own.id, title: 'Own' }, err: null });
  expect(fetched[foreign.id]!.template).toBeNull();
  expect(fetched[foreign.id]!.err).toMatchObject({ errorCode: ErrorCode.NOT_FOUND, slug: 'template-not-found' });
  expectNothingSaid(fetched[foreign.id]!.err!);
});

test('create in another team: there is no such team, whatever the privileges in the own one', async () => {
  const refusal = await expectNothingWritten(server, () =>
    expectRefusal(
      outsider.templates.create(ana.teamId, { title: 'Planted' }, []),
      ErrorCode.NOT_FOUND,
      'team-not-found',
      new RegExp(`no team ${ana.teamId}`),
    ),
  );
  expect(refusal.message).not.toContain('Plant');
});

test('a step of another team’s template is no parent in the own one', async () => {
  const own = await newTemplate(outsider, 'Own', [step('One')]);
  await outsider.templates.acquireLock(own.id);
  await expectRefusal(
    outsider.templates.addStepModular(own.id, foreign.stepGroup.id, step('Astray'), -1, false),
    ErrorCode.NOT_FOUND,
    'step-group-not-found',
  );
});

test('steps with the same ids live in the templates of two teams without knowing of each other', async () => {
  const same = step('Same', { id: 'same-id', clientGeneratedIds: true });
  const first = await newTemplate(ana, 'Here', [same]);
  const second = await newTemplate(outsider, 'There', [same]);
  await outsider.templates.acquireLock(second.id);
  await outsider.templates.addStepModular(second.id, second.stepGroup.id, { ...same, title: 'Other' }, 0, true);
  expect((await ana.templates.get(first.id)).stepGroup).toEqual(first.stepGroup);
});

test('a member of two teams works in each with its roles there, and sees both in one fetch', async () => {
  const admin = await logInAdmin(server);
  const { id: elsewhere } = await outsider.templates.create(outsider.teamId, { title: 'Elsewhere' }, []);
  const fetched = await admin.templates.fetch(select('includeTeam', 'includeSteps'), [foreign.id, elsewhere]);
  expect(fetched[foreign.id]!.template).toMatchObject({ title: 'Secret recipe', team: { id: ana.teamId } });
  expect(fetched[elsewhere]!.template).toMatchObject({ title: 'Elsewhere', team: { id: outsider.teamId } });
});
