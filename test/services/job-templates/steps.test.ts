/** addStepModular and addStepGroupModular: where a step lands, what it is called by, and what is kept of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FieldType } from '#gen/field_data_types';
import { GroupMode } from '#gen/flow_types';
import { JobTemplateStatus } from '#gen/job_template_types';
import type { BaseStep, Field } from '#gen/step_types';
import { AssigneeType, StepType } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import {
  group,
  jobMetadata,
  logInAdmin,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { select } from './selection.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const template = await newTemplate(ana, 'Hydrant', [step('One'), group('Two', [step('Two one')]), step('Three')]);
  id = template.id;
  root = template.stepGroup;
  await ana.templates.acquireLock(id);
});

const titles = (parent: BaseStep): string[] => parent.children.map(child => child.title);

async function added(child: BaseStep, position = -1, replace = false, parentId = root.id): Promise<BaseStep> {
  const kind = child.impl.stepGroup ? 'addStepGroupModular' : 'addStepModular';
  const { stepGroup } = await ana.templates[kind](id, parentId, child, position, replace);
  return stepGroup!;
}

const field = (key: string, more: Partial<Field> = {}): Field => ({
  id: '',
  key,
  type: FieldType.Text,
  isRequired: false,
  clientId: '',
  ...more,
});

describe.each([
  ['addStepModular', () => step('New')],
  ['addStepGroupModular', () => group('New', [step('Below new'), group('Group below new', [step('Deep')])])],
])('%s', (_name, child) => {
  test.each([
    [-1, ['One', 'Two', 'Three', 'New']],
    [0, ['New', 'One', 'Two', 'Three']],
    [1, ['One', 'New', 'Two', 'Three']],
    [3, ['One', 'Two', 'Three', 'New']],
  ])('puts it at position %i', async (position, expected) => {
    expect(titles(await added(child(), position))).toEqual(expected);
  });

  test.each([
    [0, ['New', 'Two', 'Three']],
    [1, ['One', 'New', 'Three']],
    [2, ['One', 'Two', 'New']],
  ])('lets it take the place of the child at position %i', async (position, expected) => {
    expect(titles(await added(child(), position, true))).toEqual(expected);
  });

  test('puts it into a group below, and leaves everything else as it is', async () => {
    const [one, two, three] = root.children;
    const edited = await added(child(), 0, false, two!.id);
    expect(titles(edited)).toEqual(['One', 'Two', 'Three']);
    expect(titles(edited.children[1]!)).toEqual(['New', 'Two one']);
    expect([edited.children[0], edited.children[2]]).toEqual([one, three]);
    expect(edited.children[1]!.children[1]).toEqual({ ...two!.children[0], hierarchyPosition: '2.2' });
  });

  test('answers the new latest entry with its tree, as get and fetch see it', async () => {
    const kind = child().impl.stepGroup ? 'addStepGroupModular' : 'addStepModular';
    const edited = await ana.templates[kind](id, root.id, child(), -1, false);
    expect(edited).toMatchObject({
      id,
      internalVersion: 5,
      publicVersion: 0,
      publishedVersion: 0,
      status: JobTemplateStatus.UNPUBLISHED,
      title: 'Hydrant',
      stepGroupId: root.id,
      teamId: ana.teamId,
      lastAuthorId: ana.id,
      locked: { owned: true },
    });
    const read = await ana.templates.get(id);
    expect(read.version).toBe(5);
    expect(edited.stepGroup).toEqual(read.stepGroup);
    const { [id]: fetched } = await ana.templates.fetch(select('includeSteps'), [id]);
    expect({ ...fetched!.template, reviewFlowRequired: null }).toEqual(edited);
  });
});

describe('places', () => {
  test('show in hierarchyPosition and parentId, whatever the client sent there', async () => {
    const lies = { hierarchyPosition: '9.9', parentId: 'nobody', jobBaseStepId: 'job', parentJobBaseStepId: 'job' };
    const deep = await added(group('Group', [group('Inner', [step('Leaf', lies)], lies)], lies), 0);
    const outer = deep.children[0]!;
    const inner = outer.children[0]!;
    const leaf = inner.children[0]!;
    expect([deep, outer, inner, leaf].map(({ hierarchyPosition }) => hierarchyPosition)).toEqual([
      '',
      '1',
      '1.1',
      '1.1.1',
    ]);
    expect([deep, outer, inner, leaf].map(({ parentId }) => parentId)).toEqual(['', deep.id, outer.id, inner.id]);
    expect(deep.children.map(({ hierarchyPosition }) => hierarchyPosition)).toEqual(['1', '2', '3', '4']);
  });

  test('in jobs are no matter of templates: jobBaseStepId and parentJobBaseStepId are ignored', async () => {
    const sent = { jobBaseStepId: 'job', parentJobBaseStepId: 'job' };
    const { children } = await added(group('Group', [step('Leaf', sent)], sent), 0);
    for (const { jobBaseStepId, parentJobBaseStepId } of [children[0]!, children[0]!.children[0]!]) {
      expect({ jobBaseStepId, parentJobBaseStepId }).toEqual({ jobBaseStepId: '', parentJobBaseStepId: '' });
    }
  });

  test('of the entries before stay: a published tree does not move with the draft', async () => {
    const published = await publishedTemplate(ana, 'Kept', [step('One'), step('Two')]);
    await ana.templates.acquireLock(published.id);
    await ana.templates.addStepModular(published.id, published.stepGroup.id, step('Instead'), 0, true);
    expect((await ana.templates.getPublicVersion(published.id, 1)).stepGroup).toEqual(published.stepGroup);
  });
});

describe('ids', () => {
  test('are the server’s, for steps and fields, whatever the client sent', async () => {
    const fields = {
      impl: { step: { stepFields: [field('Pressure', { id: 'mine' }), field('Flow', { id: 'mine' })] } },
    };
    const edited = await added(group('Group', [step('Leaf', { id: 'mine', ...fields })], { id: 'mine' }), 0);
    const outer = edited.children[0]!;
    const leaf = outer.children[0]!;
    const ids = [outer.id, leaf.id, ...leaf.impl.step!.stepFields.map(({ id }) => id)];
    for (const given of ids) expect(given).toMatch(UUID);
    expect(new Set(ids).size).toBe(4);
  });

  test('are the client’s with clientGeneratedIds, in fields too; what has none gets one', async () => {
    const fields = { impl: { step: { stepFields: [field('Pressure', { id: 'psi' }), field('Flow')] } } };
    const edited = await added(step('Leaf', { id: 'my-leaf', clientGeneratedIds: true, ...fields }), 0);
    const leaf = edited.children[0]!;
    expect(leaf.id).toBe('my-leaf');
    expect(leaf.impl.step!.stepFields[0]!.id).toBe('psi');
    expect(leaf.impl.step!.stepFields[1]!.id).toMatch(UUID);
    expect((await added(step('No id', { clientGeneratedIds: true }), 0)).children[0]!.id).toMatch(UUID);
  });

  test('are the client’s in all that lies below a group with clientGeneratedIds', async () => {
    const fields = { impl: { step: { stepFields: [field('Pressure', { id: 'psi' })] } } };
    const below = [step('Leaf', { id: 'my-leaf', ...fields }), group('Inner', [], { id: 'my-inner' })];
    const edited = await added(group('Group', below, { id: 'my-group', clientGeneratedIds: true }), 0);
    const [leaf, inner] = edited.children[0]!.children;
    expect(edited.children[0]!.id).toBe('my-group');
    expect([leaf!.id, inner!.id]).toEqual(['my-leaf', 'my-inner']);
    expect(leaf!.impl.step!.stepFields[0]!.id).toBe('psi');
  });

  test('can be taken over by what replaces a step', async () => {
    const taken = root.children[0]!.id;
    const edited = await added(step('One, better', { id: taken, clientGeneratedIds: true }), 0, true);
    expect(edited.children[0]).toMatchObject({ id: taken, title: 'One, better' });
  });

  test('of the server make no two steps alike, though their content is the same', async () => {
    await added(step('Same'));
    const edited = await added(step('Same'));
    expect(new Set(edited.children.map(child => child.id)).size).toBe(5);
  });
});

describe('content', () => {
  test('of a step comes back as it was sent', async () => {
    const { id: metadataId } = await jobMetadata(admin, 'Pressure');
    const wrapper = { template: 'Bring it to {0}', references: [{ jobMetadataRef: { metadataId, key: 'Pressure' } }] };
    const sent = step('Check “pressure” — 5 bar 🔥', {
      descrip: [
        { txt: { txt: 'Read the gauge.', referenceKey: 'a' } },
        { link: { label: 'Manual', url: 'https://example.org' } },
      ],
      impl: {
        step: {
          stepFields: [
            field('Pressure', {
              type: FieldType.Number,
              isRequired: true,
              clientId: 'psi',
              fieldData: { numberConstraints: { rangeStart: 0.5, rangeEnd: 16, unit: 'bar' } },
            }),
            field('State', { type: FieldType.List, fieldData: { listOptions: { options: ['good', 'bad'] } } }),
          ],
          assignee: { id: 'EXECUTOR', type: AssigneeType.Role },
          stepType: StepType.ChallengeResponse,
        },
      },
      clientId: 'gauge',
      titleWrapper: wrapper,
      blocking: true,
      flow: { canSkip: true, proceedNext: true, helpText: 'Ask ben', layout: { x: 1.5, y: -2 } },
    });
    const { children } = await added(sent, 0);
    const { id: stepId, ...leaf } = children[0]!;
    expect(stepId).toMatch(UUID);
    const { id: _none, parentId: _parent, hierarchyPosition: _place, impl: _impl, ...expected } = sent;
    expect(leaf).toMatchObject(expected);
    const stepFields = sent.impl.step!.stepFields.map(({ id: _id, ...rest }) => rest);
    expect(leaf.impl.step).toMatchObject({ ...sent.impl.step, stepFields });
  });

  test('of a group comes back as it was sent', async () => {
    const impl = {
      stepGroup: {
        headers: { condition: 'Is there a pit?' },
      },
    };
    const sent = group('Pit', [step('Open')], { impl, clientId: 'pit', flow: { mode: GroupMode.PARALLEL } });
    expect((await added(sent, 0)).children[0]).toMatchObject({ title: 'Pit', impl, clientId: 'pit', flow: sent.flow });
  });

  test('keeps nothing that only getHistory fills', async () => {
    const change = { changeType: 1, version: 1 };
    const stepFields = [field('Old', { latestChange: change, otherField: field('Older') })];
    const sent = step('From a history', {
      childChange: change,
      titleDiff: { latestChange: change, otherValue: 'before' },
      descrip: [{ txt: { txt: 'Text', latestChange: change } }],
      impl: { step: { stepFields, assignee: { id: 'EXECUTOR', type: AssigneeType.Role, latestChange: change } } },
    });
    const leaf = (await added(sent, 0)).children[0]!;
    expect(leaf).toMatchObject({ childChange: null, titleDiff: null });
    expect(leaf.impl.step!.stepFields[0]).toMatchObject({ latestChange: null, otherField: null });
    expect(leaf.descrip[0]!.txt!.latestChange).toBeNull();
    expect(leaf.impl.step!.assignee!.latestChange).toBeNull();
  });
});
