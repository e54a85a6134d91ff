/** Positions that callers give: where they saw a step or group, and where it, or a copy, shall stand. Wrong ones write nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

const LARGEST = 2_147_483_647;
const SMALLEST = -2_147_483_648;

let server: TestServer;
let ana: TestUser;
let templates: TestUser['templates'];
let id: string;
/** The tree as the caller saw it: One, Two(Two one), Three, Empty. A step was put before all of them since. */
let seen: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
  templates = ana.templates;
});
afterAll(() => server.stop());

/** A template of its own; what is refused leaves it as it is. */
async function begin(): Promise<void> {
  const template = await newTemplate(ana, 'Hydrant', [
    step('One'),
    group('Two', [step('Two one')]),
    step('Three'),
    group('Empty', []),
  ]);
  id = template.id;
  seen = template.stepGroup;
  await templates.acquireLock(id);
  await templates.addStepModular(id, seen.id, step('Zero'), 0, false);
}

const idOf = (title: string): string => seen.children.find(child => child.title === title)!.id;

/** The call is refused as told; no entry is made, and no row of any table is touched. */
async function refused(call: () => Promise<unknown>, message: string, details: Record<string, string>) {
  const shown = async () => {
    const { [id]: answer } = await templates.fetch(select('includeSteps', 'includeDrafts'), [id]);
    return answer!.template!;
  };
  const before = await shown();
  const refusal = await expectNothingWritten(server, () =>
    expectRefusal(call(), ErrorCode.BAD_REQUEST, 'invalid-position'),
  );
  expect(refusal.message).toBe(message);
  expect(refusal.details).toEqual(details);
  expect(await shown()).toEqual(before);
  const { internalVersion: latest } = before;
  const history = await templates.getHistory(id, [latest, latest + 1], 0);
  expect(history[latest]!.template).toMatchObject({ structDiff: null });
  expect(history[latest + 1]!.err).toMatchObject({ slug: 'version-not-found' });
}

/** An edit of something that the caller saw at a place. */
interface EditOfSeen {
  readonly name: string;
  /** The argument that says where. */
  readonly field: 'position' | 'oldPosition';
  /** What it is about, a child of the root, and where that was. */
  readonly title: 'One' | 'Two';
  readonly was: number;
  readonly call: (parentId: string, at: number) => Promise<{ stepGroup?: BaseStep }>;
  /** The titles below the root then. */
  readonly after: string;
}

const editsOfSeen: readonly EditOfSeen[] = [
  {
    name: 'moveStepModular',
    field: 'oldPosition',
    title: 'One',
    was: 0,
    call: (parentId, at) => templates.moveStepModular(id, parentId, idOf('One'), at, seen.id, -1),
    after: 'Zero Two Three Empty One',
  },
  {
    name: 'moveStepGroupModular',
    field: 'oldPosition',
    title: 'Two',
    was: 1,
    call: (parentId, at) => templates.moveStepGroupModular(id, parentId, idOf('Two'), at, seen.id, -1),
    after: 'Zero One Three Empty Two',
  },
  {
    name: 'removeStepModular',
    field: 'position',
    title: 'One',
    was: 0,
    call: (parentId, at) => templates.removeStepModular(id, parentId, idOf('One'), at),
    after: 'Zero Two Three Empty',
  },
  {
    name: 'removeStepGroupModular',
    field: 'position',
    title: 'Two',
    was: 1,
    call: (parentId, at) => templates.removeStepGroupModular(id, parentId, idOf('Two'), at),
    after: 'Zero One Three Empty',
  },
  {
    name: 'cloneStepModular',
    field: 'position',
    title: 'One',
    was: 0,
    call: (parentId, at) => templates.cloneStepModular(id, parentId, idOf('One'), at, seen.id, -1),
    after: 'Zero One Two Three Empty One',
  },
  {
    name: 'cloneStepGroupModular',
    field: 'position',
    title: 'Two',
    was: 1,
    call: (parentId, at) => templates.cloneStepGroupModular(id, parentId, idOf('Two'), at, seen.id, -1),
    after: 'Zero One Two Three Empty Two',
  },
];

describe.each(editsOfSeen)('$name', ({ field, title, was, call, after }) => {
  beforeAll(begin);

  test.each<[string, number]>([
    ['as it was before another edit', was],
    ['at the end, as -1', -1],
    ['behind the end', 5],
    ['far behind the end', LARGEST],
    ['far before the beginning', SMALLEST],
  ])('is refused for something seen %s', async (_where, at) => {
    await refused(
      () => call(seen.id, at),
      `${field}: ${at} of ${seen.id} is not the place of ${idOf(title)}; it stands at ${was + 1}`,
      { [field]: String(at), actual: String(was + 1), parentId: seen.id },
    );
  });

  test('is refused for something seen in another group, at the place that it has in its own', async () => {
    const parentId = idOf('Empty');
    await refused(
      () => call(parentId, was + 1),
      `${field}: ${was + 1} of ${parentId} is not the place of ${idOf(title)}; it stands at ${was + 1} of ${seen.id}`,
      { [field]: String(was + 1), actual: String(was + 1), parentId: seen.id },
    );
  });

  test('is carried out for something seen where it stands', async () => {
    const { stepGroup } = await call(seen.id, was + 1);
    expect(stepGroup!.children.map(child => child.title).join(' ')).toBe(after);
  });
});

/** An edit that puts something at a place: the last that is right is where the end is. */
interface Putting {
  readonly name: string;
  readonly field: 'position' | 'newPosition';
  readonly last: number;
  readonly call: (at: number) => Promise<unknown>;
}

const puttings: readonly Putting[] = [
  {
    name: 'moveStepModular, counted without the step',
    field: 'newPosition',
    last: 4,
    call: at => templates.moveStepModular(id, seen.id, idOf('One'), 1, seen.id, at),
  },
  {
    name: 'moveStepModular to another group',
    field: 'newPosition',
    last: 1,
    call: at => templates.moveStepModular(id, seen.id, idOf('One'), 1, idOf('Two'), at),
  },
  {
    name: 'moveStepGroupModular, counted without the group',
    field: 'newPosition',
    last: 4,
    call: at => templates.moveStepGroupModular(id, seen.id, idOf('Two'), 2, seen.id, at),
  },
  {
    name: 'moveStepGroupModular to an empty group',
    field: 'newPosition',
    last: 0,
    call: at => templates.moveStepGroupModular(id, seen.id, idOf('Two'), 2, idOf('Empty'), at),
  },
  {
    name: 'cloneStepModular',
    field: 'newPosition',
    last: 5,
    call: at => templates.cloneStepModular(id, seen.id, idOf('One'), 1, seen.id, at),
  },
  {
    name: 'cloneStepGroupModular into the group itself',
    field: 'newPosition',
    last: 1,
    call: at => templates.cloneStepGroupModular(id, seen.id, idOf('Two'), 2, idOf('Two'), at),
  },
  { name: 'cloneStep', field: 'position', last: 5, call: at => templates.cloneStep(id, seen.id, idOf('One'), at) },
  {
    name: 'cloneStepGroup',
    field: 'position',
    last: 0,
    call: at => templates.cloneStepGroup(id, idOf('Empty'), idOf('Two'), at),
  },
  {
    name: 'addStepModular',
    field: 'position',
    last: 5,
    call: at => templates.addStepModular(id, seen.id, step('New'), at, false),
  },
  {
    name: 'addStepGroupModular',
    field: 'position',
    last: 5,
    call: at => templates.addStepGroupModular(id, seen.id, group('New', []), at, false),
  },
  {
    name: 'addStep',
    field: 'position',
    last: 1,
    call: at => templates.addStep(id, idOf('Two'), step('New'), at, false),
  },
  {
    name: 'addStepGroup',
    field: 'position',
    last: 0,
    call: at => templates.addStepGroup(id, idOf('Empty'), group('New', []), at, false),
  },
];

describe.each(puttings)('$name', ({ field, last, call }) => {
  beforeAll(begin);

  test.each<[string, (last: number) => number]>([
    ['one behind the end', end => end + 1],
    ['far behind the end', () => LARGEST],
    ['-2', () => -2],
    ['far before the beginning', () => SMALLEST],
  ])('is refused with a new position that is out of range: %s', async (_where, positionOf) => {
    const at = positionOf(last);
    await refused(() => call(at), `${field}: ${at} is out of range; right would be 0 to ${last}, or -1 for the end`, {
      [field]: String(at),
    });
  });

  test('is carried out with the last position that is right', async () => {
    const { version } = await templates.get(id);
    await call(last);
    expect((await templates.get(id)).version).toBe(version + 1);
  });
});

describe.each<[string, (parentId: string, at: number) => Promise<unknown>]>([
  ['addStepModular', (parentId, at) => templates.addStepModular(id, parentId, step('New'), at, true)],
  ['addStepGroupModular', (parentId, at) => templates.addStepGroupModular(id, parentId, group('New', []), at, true)],
  ['addStep', (parentId, at) => templates.addStep(id, parentId, step('New'), at, true)],
  ['addStepGroup', (parentId, at) => templates.addStepGroup(id, parentId, group('New', []), at, true)],
])('%s with replace', (_name, call) => {
  beforeAll(begin);

  test.each([5, -1, LARGEST])('is refused where no child stands to be replaced: %i', async at => {
    await refused(
      () => call(seen.id, at),
      `position: ${at} is out of range; right would be 0 to 4, the child to replace`,
      { position: String(at) },
    );
  });

  test('is refused in a group without children', async () => {
    await refused(() => call(idOf('Empty'), 0), 'position: 0 is out of range; the group has no child to replace', {
      position: '0',
    });
  });
});
