/** The limits of step trees: what lies beyond is refused with the limit in the message and nothing written, what just fits is not. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ErrorCode,
  MAX_DESCRIPTION_LENGTH,
  MAX_GROUP_CHILDREN,
  MAX_LIST_OPTION_LENGTH,
  MAX_TITLE_LENGTH,
} from '#gen/common_types';
import { FieldType } from '#gen/field_data_types';
import type { NoticeHeader } from '#gen/group_headers_types';
import type { BaseStep, Field } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import { args, decoded, framed, message, RawConnection, resultIn } from '../../server/raw.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { group, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ana: TestUser;
let id: string;
let root: BaseStep;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  const template = await newTemplate(ana, 'Pump', [step('One'), group('Two', [step('Two one')])]);
  id = template.id;
  root = template.stepGroup;
  await ana.templates.acquireLock(id);
});

async function added(sent: BaseStep, parentId = root.id, position = -1, replace = false): Promise<BaseStep> {
  const kind = sent.impl.stepGroup ? 'addStepGroupModular' : 'addStepModular';
  const { stepGroup } = await ana.templates[kind](id, parentId, sent, position, replace);
  return stepGroup!;
}

const refused = (sent: BaseStep, message: RegExp, parentId = root.id) =>
  expectNothingWritten(server, () =>
    expectRefusal(added(sent, parentId), ErrorCode.BAD_REQUEST, 'limit-exceeded', message),
  );

const nested = (groups: number): BaseStep =>
  groups === 1 ? group('Level', [step('Deep')]) : group('Level', [nested(groups - 1)]);
const text = (length: number) => 'x'.repeat(length);
const described = (...texts: string[]) => step('Described', { descrip: texts.map(txt => ({ txt: { txt } })) });
const withField = (more: Partial<Field>): BaseStep => {
  const field: Field = { id: '', key: 'Field', type: FieldType.List, isRequired: false, clientId: '', ...more };
  return step('With a field', { impl: { step: { stepFields: [field] } } });
};

describe('beyond the limit', () => {
  const notice = { id: '', descrip: text(20_001) } as NoticeHeader;
  test.each<[string, BaseStep, number, number]>([
    ['a title', step(text(501)), MAX_TITLE_LENGTH, 501],
    ['the title of a group', group(text(501), []), MAX_TITLE_LENGTH, 501],
    ['the title of a step below', group('G', [step(text(501))]), MAX_TITLE_LENGTH, 501],
    ['a description', described(text(20_001)), MAX_DESCRIPTION_LENGTH, 20_001],
    ['children', group('G', Array(1001).fill(step('S'))), MAX_GROUP_CHILDREN, 1001],
    ['the label of a field', withField({ key: text(501) }), MAX_TITLE_LENGTH, 501],
    [
      'an option of a field',
      withField({ fieldData: { listOptions: { options: [text(251)] } } }),
      MAX_LIST_OPTION_LENGTH,
      251,
    ],
    ['a notice', step('S', { descrip: [{ notice }] }), MAX_DESCRIPTION_LENGTH, 20_001],
    [
      'a notice of a group',
      group('G', [], { impl: { stepGroup: { headers: { notices: [notice] } } } }),
      MAX_DESCRIPTION_LENGTH,
      20_001,
    ],
  ])('%s is refused', async (_name, sent, most, found) => {
    await refused(sent, new RegExp(`${found}.*${most}`));
  });

  test('the details of the refusal name the limit and what was found', async () => {
    const { details } = await refused(step(text(501)), /501.*500/);
    expect(Object.values(details!)).toEqual(expect.arrayContaining(['500', '501']));
  });

  test('a tree is refused when it is too deep at its place: the root is level 1, and steps count', async () => {
    await refused(nested(17), /^children: .* 16/);
    await refused(nested(15), /^children: .* 17 levels.*16/);
    await refused(nested(14), /^children: .* 17 levels.*16/, root.children[1]!.id);
  });

  test('a tree is refused far beyond the limit', async () => {
    for (const levels of [100, 1000]) await refused(nested(levels), /levels/);
  });

  test('a tree that no generated client could build is refused, and is no fault of the server', async () => {
    const raw = await RawConnection.open(server.address);
    raw.send(
      framed(
        message(
          'AuthenticationService:authenticate',
          args('AuthenticationService', 'authenticate', { token: ana.token }),
        ),
      ),
    );
    expect(resultIn('AuthenticationService', decoded(await raw.answer())).err).toBeNull();
    const call = { jobTemplateId: id, parentId: root.id };
    const whole = message(
      'JobTemplateService:addStepGroupModular',
      args('JobTemplateService', 'addStepGroupModular', call),
    );
    // Without the stop of the arguments. Field 3 of them is a step; field 5 of a step its children: a list of one step.
    const head = whole.subarray(0, -1);
    const opened = [Buffer.from([12, 0, 3]), ...Array(3000).fill(Buffer.from([15, 0, 5, 12, 0, 0, 0, 1]))];
    const stops = Buffer.alloc(3000 + 2);
    await expectNothingWritten(server, async () => {
      raw.send(framed(Buffer.concat([head, ...opened, stops])));
      const { err } = resultIn('JobTemplateService', decoded(await raw.answer()));
      expect(err).toMatchObject({ errorCode: ErrorCode.BAD_REQUEST });
    });
    raw.close();
  });

  test('a step is refused by a full group, unless it takes the place of another', async () => {
    const full = await added(group('Full', Array(1000).fill(step('S'))), root.id, 0);
    const { id: groupId } = full.children[0]!;
    await refused(step('One more'), /^children: .* 1001 children.*1000/, groupId);
    const edited = await added(step('One instead'), groupId, 0, true);
    expect(edited.children[0]!.children).toHaveLength(1000);
    expect(edited.children[0]!.children[0]).toMatchObject({ title: 'One instead' });
  });

  test('a group is refused by a template whose steps it would make more than 10,000', async () => {
    for (let part = 1; part <= 9; part++) await added(group('Part', Array(1000).fill(step('S'))));
    // 3 were there, and 9 groups of 1,000 came.
    const left = 10_000 - 3 - 9 * 1001 - 1;
    await refused(group('Last', Array(left + 1).fill(step('S'))), /^children: .* 10001 steps.*10000/);
    expect((await added(group('Last', Array(left).fill(step('S'))))).children).toHaveLength(12);
  });
});

describe('within the limit', () => {
  test.each<[string, BaseStep]>([
    ['a title of 500 characters', step(text(500))],
    ['a title of 500 characters beyond the Basic Multilingual Plane', step('🔧'.repeat(500))],
    ['a text of 20,000 characters', described(text(20_000))],
    ['a text of 20,000 characters beyond the Basic Multilingual Plane', described('🔧'.repeat(20_000))],
    ['two texts of 15,000 characters, since each counts for itself', described(text(15_000), text(15_000))],
    ['a tree of 16 levels', nested(14)],
  ])('%s is kept whole', async (_name, sent) => {
    const { title, descrip, children } = (await added(sent)).children[2]!;
    expect({ title, descrip, levels: children.length }).toMatchObject({
      title: sent.title,
      descrip: sent.descrip,
      levels: sent.children.length,
    });
  });
});
