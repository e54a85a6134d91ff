/** How many statements an operation costs: it does not grow with what the operation does not touch. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import {
  group,
  logIn,
  logInAdmin,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { largeTemplate } from './large-templates.ts';
import { flags, select } from './selection.ts';

const MOST_FOR_AN_EDIT = 10;
const TEMPLATES = 60;

let server: TestServer;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

/** With nothing in the server's memory; the token, and so the locks, stay. */
async function coldStart(): Promise<void> {
  await server.restart();
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(ana.token);
  ana = { ...ana, connection, templates: connection.service('JobTemplateService') };
}

const costOf = async (act: () => Promise<unknown>): Promise<number> =>
  (await server.statementsOf(act)).statements.length;

describe('an edit', () => {
  let small: JobTemplate;
  let large: JobTemplate;

  beforeAll(async () => {
    small = await newTemplate(ana, 'Small', [group('One', [step('One'), step('Two')]), step('Three')]);
    large = await largeTemplate(ana);
    for (const { id } of [small, large]) await ana.templates.acquireLock(id);
  });

  let edits = 0;
  const inside = ({ stepGroup }: JobTemplate) => stepGroup.children[0]!.id;
  const added = () => step(`Added ${++edits}`);
  test.each<[string, (template: JobTemplate) => Promise<unknown>]>([
    ['a step added', template => ana.templates.addStepModular(template.id, inside(template), added(), -1, false)],
    ['a step replaced', template => ana.templates.addStepModular(template.id, inside(template), added(), 0, true)],
    [
      'a group of 40 added',
      template => {
        const children = Array.from({ length: 40 }, added);
        return ana.templates.addStepGroupModular(template.id, inside(template), group('Added', children), -1, false);
      },
    ],
    ['other headers', template => ana.templates.updateRootHeaders(template.id, { condition: `Edit ${++edits}?` })],
    ['another title', template => ana.templates.update(template.id, { title: `Edit ${++edits}` })],
  ])(`takes at most ${MOST_FOR_AN_EDIT} statements, whatever the size of the tree: %s`, async (_name, edit) => {
    await coldStart();
    const cold = [await costOf(() => edit(small)), await costOf(() => edit(large))];
    const warm = [await costOf(() => edit(small)), await costOf(() => edit(large))];
    for (const cost of [...cold, ...warm]) {
      expect(cost).toBeGreaterThan(0);
      expect(cost).toBeLessThanOrEqual(MOST_FOR_AN_EDIT);
    }
    expect(cold[1]).toBe(cold[0]);
    expect(warm[1]).toBe(warm[0]);
  });

  test('leaves the large tree what it was, but for the edits', async () => {
    const { stepGroup } = await ana.templates.get(large.id);
    expect(stepGroup.children).toHaveLength(25);
    expect(stepGroup.children.slice(1)).toEqual(large.stepGroup.children.slice(1));
  });
});

describe('reading', () => {
  const ids: string[] = [];

  beforeAll(async () => {
    for (let number = 1; number <= TEMPLATES; number++) {
      const { id } = await publishedTemplate(ana, `Template ${number}`, [group('Group', [step(`Step ${number}`)])]);
      ids.push(id);
    }
  });

  test('takes a fetch with all flags as many statements for many templates as for one', async () => {
    const fetch = (templateIds: string[]) => ana.templates.fetch(select(...flags), templateIds);
    const costs: number[] = [];
    for (const number of [1, TEMPLATES / 2, TEMPLATES]) {
      await coldStart();
      const asked = ids.slice(0, number);
      const { result, statements } = await server.statementsOf(() => fetch(asked));
      expect(asked.map(id => result[id]!.template!.stepGroup!.children[0]!.title)).toEqual(asked.map(() => 'Group'));
      costs.push(statements.length);
    }
    expect(costs).toEqual([costs[0], costs[0], costs[0]]);
    // The caller, the entries, their trees, teams, users, drafts, counts of jobs, tags, definitions and values of attributes.
    expect(costs[0]).toBeLessThanOrEqual(10);
    expect(await costOf(() => fetch(ids))).toBeLessThanOrEqual(9);
  });

  test('takes a fetch without flags no statement for what it was not asked for', async () => {
    expect(await costOf(() => ana.templates.fetch(select(), ids))).toBeLessThanOrEqual(4);
  });

  test('takes get and getPublicVersion as many for a large tree as for a small one', async () => {
    const large = await largeTemplate(ana);
    await ana.templates.publish(large.id);
    for (const read of [
      (id: string) => ana.templates.get(id),
      (id: string) => ana.templates.getPublicVersion(id, 0),
      (id: string) => ana.templates.getPublicVersion(id, 1),
    ]) {
      await coldStart();
      const small = await costOf(() => read(ids[0]!));
      await coldStart();
      expect(await costOf(() => read(large.id))).toBe(small);
      expect(small).toBeLessThanOrEqual(5);
      expect(await costOf(() => read(large.id))).toBeLessThanOrEqual(4);
    }
  });
});

test('locks and publishing take few statements, too', async () => {
  const { id } = await newTemplate(ana, 'Locked', [step('One')]);
  expect(await costOf(() => ana.templates.acquireLock(id))).toBeLessThanOrEqual(5);
  expect(await costOf(() => ana.templates.forceAcquireLock(id))).toBeLessThanOrEqual(6);
  expect(await costOf(() => ana.templates.releaseLock(id))).toBeLessThanOrEqual(4);
  const ben = await logIn(server, ana.email, ana.password, ana.teamId);
  await ben.templates.acquireLock(id);
  expect(await costOf(() => ana.templates.forceAcquireLock(id))).toBeLessThanOrEqual(8);
  expect(await costOf(() => ana.templates.publish(id))).toBeLessThanOrEqual(10);
});
