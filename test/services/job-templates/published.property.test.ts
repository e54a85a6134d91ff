/** Whatever authors do to a template: what was published once is answered the same, character for character, ever after. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ErrorCode } from '#gen/common_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { group, leaves, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

const RUNS = 30;

let server: TestServer;
let ana: TestUser;
let templates: TestUser['templates'];

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
  templates = ana.templates;
});
afterAll(() => server.stop());

const title = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter(text => text.trim() !== '' && !text.includes('\0'));
const place = fc.record({ parent: fc.nat(), position: fc.nat(), replace: fc.boolean() });
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('step' as const), title, place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('group' as const), title, place, steps: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('update' as const), title }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('headers' as const), title }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refused' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('publish' as const) }) },
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** The entry as text, without what belongs to the template as a whole and moves with it. */
const contentOf = ({ locked: _lock, lastPublishedAt: _at, lastPublishedBy: _by, ...entry }: JobTemplate): string =>
  JSON.stringify(entry);

const groupsOf = (root: BaseStep): BaseStep[] =>
  root.impl.stepGroup ? [root, ...root.children.flatMap(groupsOf)] : [];

function placed(root: BaseStep, { parent, position, replace }: { parent: number; position: number; replace: boolean }) {
  const groups = groupsOf(root);
  const chosen = groups[parent % groups.length]!;
  const { length } = chosen.children;
  const replacing = replace && length > 0;
  return { parentId: chosen.id, position: position % (replacing ? length : length + 1), replace: replacing };
}

/** Old publications of one template by public version, as they were answered when they were new. */
type Publications = Map<number, { content: string; tree: string }>;

async function carriedOut(id: string, done: Edit, publications: Publications): Promise<void> {
  const latest = await templates.get(id);
  if (done.kind === 'step' || done.kind === 'group') {
    const { parentId, position, replace } = placed(latest.stepGroup, done.place);
    const child =
      done.kind === 'step'
        ? step(done.title)
        : group(
            done.title,
            Array.from({ length: done.steps }, () => step(done.title)),
          );
    const add = done.kind === 'step' ? templates.addStepModular : templates.addStepGroupModular;
    await add.call(templates, id, parentId, child, position, replace);
  } else if (done.kind === 'update') {
    await templates.update(id, { title: done.title, descrip: done.title });
  } else if (done.kind === 'headers') {
    await templates.updateRootHeaders(id, { condition: done.title });
  } else if (done.kind === 'refused') {
    const misplaced = templates.addStepModular(id, latest.stepGroup.id, step('Misplaced'), 1001, false);
    await expectRefusal(misplaced, ErrorCode.BAD_REQUEST, 'invalid-position');
  } else if (latest.status !== 'Published' && leaves(latest.stepGroup).length > 0) {
    const { publicVersion } = await templates.publish(id);
    const { [id]: fetched } = await templates.fetch(select('includeSteps'), [id]);
    publications.set(publicVersion, {
      content: contentOf(await templates.getPublicVersion(id, publicVersion)),
      tree: JSON.stringify(fetched!.template!.stepGroup),
    });
  }
}

async function expectAsTheyWere(id: string, publications: Publications): Promise<void> {
  for (const [publicVersion, { content, tree }] of publications) {
    const now = await templates.getPublicVersion(id, publicVersion);
    expect(contentOf(now)).toBe(content);
    expect(JSON.stringify(now.stepGroup)).toBe(tree);
  }
}

test('published entries stay as they are through all edits, and when the server has forgotten them', async () => {
  const all = new Map<string, Publications>();
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 5, maxLength: 20 }), async edits => {
      const { id } = await newTemplate(ana, 'Edited', [step('One')]);
      await templates.acquireLock(id);
      const publications: Publications = new Map();
      all.set(id, publications);
      for (const done of [...edits, { kind: 'publish' } as const]) await carriedOut(id, done, publications);
      expect([...publications.keys()]).toEqual(Array.from(publications, (_, index) => index + 1));
      await expectAsTheyWere(id, publications);
    }),
    { numRuns: RUNS },
  );
  expect([...all.values()].some(publications => publications.size > 2)).toBe(true);
  await server.restart();
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(ana.token);
  templates = connection.service('JobTemplateService');
  for (const [id, publications] of all) await expectAsTheyWere(id, publications);
});
