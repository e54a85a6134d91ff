/** getHistory over the wire: entries compared with another one, with everything that they have. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import { ChangeType } from '#gen/diff_types';
import type { JobTemplateModular } from '#gen/job_template_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { uploadPicture } from '../../support/http.ts';
import { newList, newMetadata } from '../../support/metadata.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

/** A template, edited; compared with what it was. */
async function change(edit: (id: string, root: BaseStep) => Promise<unknown>): Promise<JobTemplateModular> {
  const before = await newTemplate(ana, 'Pump', [step('One'), group('Two', [step('Two one')]), step('Three')]);
  await ana.templates.acquireLock(before.id);
  await edit(before.id, before.stepGroup);
  const { version } = await ana.templates.get(before.id);
  const answer = await ana.templates.getHistory(before.id, [version], before.version);
  expect(answer[version]!.err).toBeNull();
  return answer[version]!.template!;
}

const child = ({ stepGroup }: JobTemplateModular, title: string): BaseStep =>
  stepGroup!.children.find(candidate => candidate.title === title)!;

describe('an entry compared with another', () => {
  test('tells title and description, and that it is modified', async () => {
    const changed = await change(id => ana.templates.update(id, { title: 'Pump 2', descrip: 'New' }));
    expect(changed).toMatchObject({
      structDiff: ChangeType.MODIFIED,
      titleDiff: { latestChange: { changeType: ChangeType.MODIFIED, version: 5 }, otherValue: 'Pump' },
      descripDiff: { latestChange: { changeType: ChangeType.ADDED }, otherValue: null },
    });
    expect(changed.stepGroup).toMatchObject({ title: 'Pump 2', titleDiff: { otherValue: 'Pump' } });
  });

  test('tells steps added, removed, moved and modified', async () => {
    const changed = await change(async (id, root) => {
      const [one, two, three] = root.children;
      await ana.templates.addStepModular(id, root.id, step('New'), 0, false);
      await ana.templates.removeStepModular(id, root.id, one!.id, 1);
      await ana.templates.moveStepModular(id, root.id, three!.id, 2, two!.id, 0);
      const better = { ...two!.children[0]!, title: 'Two one, better', clientGeneratedIds: true };
      await ana.templates.addStepModular(id, two!.id, better, 1, true);
    });
    const type = (found: BaseStep) => found.childChange?.changeType;
    expect(changed.stepGroup!.children.map(found => [found.title, type(found)])).toEqual([
      ['New', ChangeType.ADDED],
      ['Two', undefined],
      ['One', ChangeType.REMOVED],
    ]);
    expect(child(changed, 'Two').children.map(found => [found.title, type(found)])).toEqual([
      ['Three', ChangeType.MOVED],
      ['Two one, better', ChangeType.MODIFIED],
    ]);
    expect(child(changed, 'One').childChange!.indices).toMatchObject({ baseIdx: -1, otherIdx: 0 });
    expect(child(changed, 'Two').children[1]!.titleDiff).toMatchObject({ otherValue: 'Two one' });
  });

  test('tells texts, fields, assignees, flow and headers of steps', async () => {
    const field = (key: string) => ({ id: 'f', key, type: 1, isRequired: false, clientId: '' });
    const leaf = (key: string, assignee: string, text: string, helpText: string) =>
      step('Leaf', {
        id: 'leaf',
        clientGeneratedIds: true,
        descrip: [{ txt: { txt: 'Stays' } }, { txt: { txt: text } }],
        flow: { helpText },
        impl: { step: { stepFields: [field(key)], stepType: 0, assignee: { id: assignee, type: AssigneeType.Role } } },
      });
    const before = await newTemplate(ana, 'Pump', [leaf('Old', 'AUTHOR', 'old text', 'old help')]);
    const root = before.stepGroup.id;
    await ana.templates.acquireLock(before.id);
    await ana.templates.addStepModular(before.id, root, leaf('New', 'EXECUTOR', 'new text', 'new help'), 0, true);
    await ana.templates.updateRootHeaders(before.id, { condition: 'Is it on?' });
    const { 4: answer } = await ana.templates.getHistory(before.id, [4], before.version);
    const { stepGroup } = answer!.template!;
    const [changed] = stepGroup!.children;
    expect(changed!.impl.step).toMatchObject({
      stepFields: [{ key: 'New', latestChange: { changeType: ChangeType.MODIFIED }, otherField: { key: 'Old' } }],
      assignee: { id: 'EXECUTOR', otherAssignee: { id: 'AUTHOR' }, latestChange: { changeType: ChangeType.MODIFIED } },
    });
    expect(changed!.descrip.map(({ txt }) => [txt!.txt, txt!.latestChange?.changeType])).toEqual([
      ['Stays', undefined],
      ['new text', ChangeType.ADDED],
      ['old text', ChangeType.REMOVED],
    ]);
    expect(changed!.flowDiff).toMatchObject({ otherFlow: { helpText: 'old help' } });
    expect(stepGroup!.impl.stepGroup!.headers).toMatchObject({
      condition: 'Is it on?',
      conditionDiff: { latestChange: { changeType: ChangeType.ADDED } },
    });
    expect(answer!.template!.rootHeaders).toMatchObject({ condition: 'Is it on?' });
  });

  test('tells documents, metadata and defaults', async () => {
    const [first, second] = [await uploadPicture(server, admin), await uploadPicture(server, admin)];
    const area = await newMetadata(admin, 'Area');
    const { definition: colour } = await newList(admin, 'Colour', ['Red', 'Blue']);
    const before = await newTemplate(ana, 'Pump', []);
    await ana.templates.acquireLock(before.id);
    await ana.templates.addDocument(before.id, 0, first);
    await ana.templates.updateMetadata(before.id, { [colour.id]: { listValue: 'Red' } }, []);
    await ana.templates.update(before.id, { defaults: { notes: 'old' } });
    const { version } = await ana.templates.get(before.id);
    await ana.templates.addDocument(before.id, 0, second);
    await ana.templates.removeDocument(before.id, first);
    await ana.templates.updateMetadata(
      before.id,
      { [colour.id]: { listValue: 'Blue' }, [area.id]: { text: 'North' } },
      [],
    );
    const latest = await ana.templates.update(before.id, { defaults: { notes: 'new' } });
    const answer = (await ana.templates.getHistory(before.id, [latest.version], version))[latest.version]!.template!;
    expect(answer.documents!.map(({ id, latestChange }) => [id, latestChange?.changeType])).toEqual([
      [second, ChangeType.ADDED],
      [first, ChangeType.REMOVED],
    ]);
    expect(answer.documents![1]!.name).toBe('goggles.png');
    expect(answer.metadataById[colour.id]).toMatchObject({
      key: 'Colour',
      value: { listValue: 'Blue' },
      valueDiff: { latestChange: { changeType: ChangeType.MODIFIED }, otherValue: { listValue: 'Red' } },
    });
    expect(answer.metadataById[area.id]!.valueDiff).toMatchObject({ latestChange: { changeType: ChangeType.ADDED } });
    expect(answer.defaultsDiff).toMatchObject({ otherDefaults: { notes: 'old' } });
  });

  test('compares with the latest one for 0, and says nothing of itself', async () => {
    const { id, version } = await newTemplate(ana, 'Pump', [step('One')]);
    const answer = await ana.templates.getHistory(id, [1, version], 0);
    expect(answer[1]!.template!.stepGroup!.children).toMatchObject([
      { title: 'One', childChange: { changeType: ChangeType.REMOVED } },
    ]);
    expect(answer[version]!.template).toMatchObject({ structDiff: null, titleDiff: null, internalVersion: version });
    expect(answer[version]!.template!.stepGroup!.children[0]!.childChange).toBeNull();
  });
});

describe('a version that is not there', () => {
  test('is an error in its place, and the others are answered', async () => {
    const { id } = await newTemplate(ana, 'Pump', []);
    const answer = await ana.templates.getHistory(id, [1, 9], 0);
    expect(answer[1]!.template).toMatchObject({ internalVersion: 1 });
    expect(answer[9]!.err).toMatchObject({ errorCode: ErrorCode.INVALID_VERSION, slug: 'version-not-found' });
  });

  test('as the one to compare with refuses the call', async () => {
    const { id } = await newTemplate(ana, 'Pump', []);
    await expectRefusal(
      ana.templates.getHistory(id, [1], 9),
      ErrorCode.INVALID_VERSION,
      'version-not-found',
      /otherVersion/,
    );
  });
});
