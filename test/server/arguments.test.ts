/**
 * Arguments as handlers get them: what Thrift's own decoding lets pass and this server refuses, and the one form in which unset
 * fields arrive whatever language the client is written in. Rule by rule on `settledArguments`; a few rules over the wire.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Kysely } from 'kysely';
import { ErrorCode, type SystemException } from '#gen/common_types';
import { IndexOpts } from '#gen/job_template_types';
import type { StepType } from '#gen/step_types';
import { BadRequest } from '../../src/base/errors.ts';
import { settledArguments } from '../../src/server/arguments.ts';
import type { IdlField, IdlType } from '../../src/server/idl.ts';
import type { Database } from '../../src/store/schema.ts';
import { expectRefusal } from '../support/refusals.ts';
import { logInAdmin, newTemplate, publishedTemplate, step, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { args, decoded, framed, message, RawConnection, resultIn } from './raw.ts';

const field = (type: IdlType, required: IdlField['required'] = 'default'): IdlField => ({
  id: 1,
  name: 'it',
  required,
  type,
});

const settled = (type: IdlType, value: unknown, required?: IdlField['required']): unknown =>
  settledArguments([field(type, required)], [value])[0];

function refusal(type: IdlType, value: unknown, required?: IdlField['required']): BadRequest {
  try {
    settled(type, value, required);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const assignee = { enum: 'step.AssigneeType' };
const assignedType = { enum: 'flow.AssignedType' };

const aStep = { struct: 'step.BaseStep' };

/** Steps within each other; all but the last have nothing else set. */
const nested = (levels: number): object => (levels === 1 ? { title: 'innermost' } : { children: [nested(levels - 1)] });

test('structs and lists lie 64 levels deep within each other at most, whatever the innermost has', () => {
  // Each step is one, and so is its list.
  expect(() => settled(aStep, nested(32))).not.toThrow();
  expect(refusal(aStep, nested(33))).toMatchObject({
    slug: 'limit-exceeded',
    message: expect.stringMatching(/^it\.children\[0\]\..*…: nested more than 64 levels deep$/),
    details: { limit: '64' },
  });
});

describe('what is refused with 400, by the name of the place', () => {
  test.each<[what: string, type: IdlType, value: unknown, field: string, message: RegExp]>([
    ['an unknown enum number', assignee, 3, 'it', /^it: 3 is no step\.AssigneeType; expected User \(1\), Role \(2\)$/],
    ['a negative enum number', assignedType, -1, 'it', /^it: -1 is no flow\.AssignedType; expected Unassigned \(0\), /],
    ['an enum 0 in a list, where nothing is unset', { list: assignee }, [1, 0], 'it[1]', /^it\[1\]: 0 is no /],
    ['an unknown enum number in a set', { set: assignedType }, [2, 77], 'it[1]', /^it\[1\]: 77 is no /],
    [
      'an unknown enum number as a key of a map',
      { map: [{ enum: 'reference.RefSource' }, 'string'] },
      { 9: 'x' },
      'it key',
      /^it key: 9 is no reference\.RefSource; expected JOB_METADATA \(1\)/,
    ],
    ['an unknown enum number as a value of a map', { map: ['string', assignee] }, { a: 9 }, 'it[a]', /^it\[a\]: 9 /],
    [
      'an unknown enum number deep inside',
      { list: { struct: 'step.BaseStep' } },
      [{ children: [{ impl: { step: { assignee: { id: 'x', type: 5 } } } }] }],
      'it[0].children[0].impl.step.assignee.type',
      /: 5 is no step\.AssigneeType/,
    ],
    [
      'a union with no member',
      { struct: 'step.StepImpl' },
      {},
      'it',
      /^it: no member is set; a step\.StepImpl has exactly one of step, stepGroup$/,
    ],
    ['a union with a null member', { struct: 'step.StepImpl' }, { step: null, stepGroup: null }, 'it', /no member/],
    [
      'a union with two members',
      { struct: 'step.StepImpl' },
      { step: {}, stepGroup: {} },
      'it',
      /^it: step and stepGroup are set; a step\.StepImpl has exactly one of step, stepGroup$/,
    ],
    [
      'a union with no member inside of a struct',
      { struct: 'step.BaseStep' },
      { descrip: [{ txt: { txt: 'a' } }, {}] },
      'it.descrip[1]',
      /^it\.descrip\[1\]: no member is set/,
    ],
    [
      'a missing required field',
      { struct: 'reference.DataSheetRef' },
      { definitionId: 'd' },
      'it.setId',
      /^it\.setId: missing; it is required$/,
    ],
    ['a null required field', { struct: 'metadata.MetadataNumberVal' }, { number: null }, 'it.number', /missing/],
    [
      'U+0000 in a text',
      'string',
      'ab\0c',
      'it',
      /^it: has the character U\+0000 at 2; texts may have any other character$/,
    ],
    [
      'the second half of a surrogate pair',
      'string',
      '語\u{1F529}\udd29',
      'it',
      /^it: has half of a surrogate pair at 3;/,
    ],
    ['the first half of one in a list', { list: 'string' }, ['', 'a\ud83d'], 'it[1]', /^it\[1\]: has half of .* at 1;/],
    ['half of one in a key', { map: ['string', 'string'] }, { '\ud83d': '' }, 'it key', /^it key: has half of a/],
    ['U+0000 in a text of a list', { list: 'string' }, ['', '\0'], 'it[1]', /^it\[1\]: has the character U\+0000 at 0/],
    ['U+0000 in a key of a map', { map: ['string', 'string'] }, { 'a\0': 'b' }, 'it key', /^it key: has the character/],
    ['U+0000 in a value of a map', { map: ['string', 'string'] }, { a: '\0' }, 'it[a]', /^it\[a\]: has the character/],
    ['NaN', 'double', Number.NaN, 'it', /^it: NaN; expected a finite number$/],
    ['Infinity', 'double', Number.POSITIVE_INFINITY, 'it', /^it: Infinity; expected a finite number$/],
    [
      '-Infinity deep inside',
      { struct: 'jobs.Geometry' },
      { rings: [[[0, 1, Number.NEGATIVE_INFINITY]]] },
      'it.rings[0][0][2]',
      /: -Infinity; expected a finite number$/,
    ],
  ])('%s', (_what, type, value, path, message) => {
    const error = refusal(type, value);
    expect(error.slug).toBe('invalid-argument');
    expect(error.details.field).toBe(path);
    expect(error.message).toMatch(message);
  });

  test('a missing required argument', () => {
    expect(refusal('string', undefined, 'required').message).toBe('it: missing; it is required');
  });

  test.each(['hasOwnProperty', '__proto__'])('the map key %s, which not every client can read', key => {
    const error = refusal(
      { map: ['string', 'string'] },
      Object.fromEntries([
        ['a', 'b'],
        [key, 'x'],
      ]),
    );
    expect(error.slug).toBe('invalid-argument');
    expect(error.message).toBe(`it key: ${key} cannot be a key; choose another name`);
  });
});

describe('what is taken as it is', () => {
  test.each<[what: string, type: IdlType, value: unknown]>([
    ['a text of any other characters', 'string', '\u0001\u001f ü 語 \u{1F529} \uFFFF'],
    ['the empty text', 'string', ''],
    ['false', 'bool', false],
    ['a negative number', 'i32', -1],
    ['-0', 'double', -0],
    ['the smallest double', 'double', Number.MIN_VALUE],
    ['a large i64', 'i64', Number.MAX_SAFE_INTEGER],
    ['bytes', 'binary', Buffer.from([0, 255])],
    ['an enum number with a name', assignee, 2],
    ['the enum number 0 where it has a name', assignedType, 0],
    ['an empty list', { list: 'string' }, []],
    ['an empty map', { map: ['string', 'string'] }, {}],
    ['the keys of a map of numbers', { map: ['i32', 'string'] }, { 7: 'x' }],
    ['names of Object as keys of a map', { map: ['string', 'i32'] }, { constructor: 1, toString: 2 }],
    ['a union with one member', { struct: 'step.StepImpl' }, { stepGroup: {} }],
    ['a union whose one member is false, 0 or empty', { struct: 'metadata.MetadataValue' }, { number: 0 }],
  ])('%s', (_what, type, value) => {
    expect(settled(type, value)).toEqual(value);
  });

  test('nothing of what was sent is changed in place', () => {
    const sent = Object.freeze({ id: 'a', title: 't', impl: Object.freeze({ step: Object.freeze({}) }) });
    expect(() => settled({ struct: 'step.BaseStep' }, sent)).not.toThrow();
  });

  test('fields that the interface does not know are left behind', () => {
    expect(settled({ struct: 'step.Assignee' }, { id: 'a', type: 1, more: 1, latestChange: null })).toEqual({
      id: 'a',
      type: 1,
    });
  });
});

describe('what is unset', () => {
  test.each<[type: IdlType, zero: unknown]>([
    ['string', ''],
    ['bool', false],
    ['i8', 0],
    ['i16', 0],
    ['i32', 0],
    ['i64', 0],
    ['double', 0],
    ['binary', Buffer.alloc(0)],
    [{ list: 'string' }, []],
    [{ set: 'string' }, []],
    [{ map: ['string', 'string'] }, {}],
    // As C++ sends it: its enums begin at 0.
    [assignedType, 0],
  ])('a field of default requiredness of the type %j gets its zero', (type, zero) => {
    expect(settled(type, undefined)).toEqual(zero);
    expect(settled(type, null)).toEqual(zero);
  });

  test('an enum without a member 0 stays unset, and so does the 0 that C++ sends for it', () => {
    expect(settled(assignee, undefined)).toBeUndefined();
    expect(settled(assignee, 0)).toBeUndefined();
    expect(settled(assignee, 0, 'optional')).toBeUndefined();
    expect(settled({ struct: 'step.Assignee' }, { id: 'a', type: 0 })).toEqual({ id: 'a' });
  });

  test('a required enum without a member 0 is missing when it is 0', () => {
    expect(refusal(assignee, 0, 'required').message).toBe('it: missing; it is required');
  });

  test.each<[type: IdlType]>([
    ['string'],
    ['bool'],
    ['i64'],
    ['double'],
    [{ list: 'string' }],
    [{ map: ['string', 'string'] }],
    [assignedType],
  ])('an optional field of the type %j stays unset', type => {
    expect(settled(type, undefined, 'optional')).toBeUndefined();
    expect(settled(type, null, 'optional')).toBeUndefined();
  });

  test('a struct inside of a struct stays unset', () => {
    expect(settled({ struct: 'step.BaseStep' }, {})).not.toHaveProperty('impl');
  });

  test('a struct that is an argument itself arrives as an empty one', () => {
    expect(settled({ struct: 'jobs.JobRequestOptions' }, undefined)).toEqual({});
    expect(settled({ struct: 'step.Assignee' }, null)).toEqual({ id: '' });
  });

  test('an absent struct arrives as an empty one that a client made, with the defaults of the interface', () => {
    expect(settled({ struct: 'job_template.IndexOpts' }, undefined)).toEqual(
      settled({ struct: 'job_template.IndexOpts' }, new IndexOpts()),
    );
    expect(settled({ struct: 'job_template.IndexOpts' }, undefined)).toEqual({
      showUnpublished: true,
      showArchived: true,
    });
  });

  test('a union that is an argument itself and absent is refused like an empty one', () => {
    expect(refusal({ struct: 'step.StepImpl' }, undefined).message).toMatch(/^it: no member is set/);
  });

  test('the same step from a client that sends zeroes and from one that leaves them out arrives the same', () => {
    const sparse = { title: 'Bolt', impl: { step: { assignee: { id: 'a' } } } };
    const full = {
      id: '',
      title: 'Bolt',
      descrip: [],
      impl: { step: { stepFields: [], assignee: { id: 'a', type: 0 }, stepType: 0 } },
      children: [],
      isComponent: false,
      jobBaseStepId: '',
      hierarchyPosition: '',
      parentId: '',
      parentJobBaseStepId: '',
      clientId: '',
      clientGeneratedIds: false,
      blocking: false,
    };
    expect(settled({ struct: 'step.BaseStep' }, sparse)).toEqual(settled({ struct: 'step.BaseStep' }, full));
  });
});

describe('over the wire', () => {
  let server: TestServer;
  let admin: TestUser;
  let templateId: string;
  let rootId: string;

  beforeAll(async () => {
    server = await TestServer.start();
    admin = await logInAdmin(server);
    const template = await newTemplate(admin, 'Settled', []);
    [templateId, rootId] = [template.id, template.stepGroup.id];
    await admin.templates.acquireLock(templateId);
  });
  afterAll(() => server.stop());

  const entryCount = (): Promise<number> =>
    server.store.read(async reader => {
      const { db } = reader.people as unknown as { db: Kysely<Database> };
      const rows = await db.selectFrom('template_entries').select('internal_version').execute();
      return rows.length;
    });

  test.each([
    [
      'an unknown enum number',
      step('Bolt', { impl: { step: { stepFields: [], stepType: 7 as StepType } } }),
      'step.impl.step.stepType',
      /^step\.impl\.step\.stepType: 7 is no step\.StepType; expected Normal \(0\), ChallengeResponse \(1\)$/,
    ],
    [
      'a union with two members',
      step('Bolt', { impl: { step: { stepFields: [], stepType: 0 }, stepGroup: {} } }),
      'step.impl',
      /^step\.impl: step and stepGroup are set/,
    ],
    ['a union with no member', step('Bolt', { impl: {} }), 'step.impl', /^step\.impl: no member is set/],
    ['U+0000', step('Bo\0lt'), 'step.title', /^step\.title: has the character U\+0000 at 2/],
  ])('%s is refused with its place, and nothing is written', async (_what, sent, path, text) => {
    const before = await entryCount();
    const refused = await expectRefusal(
      admin.templates.addStepModular(templateId, rootId, sent, -1, false),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      text,
    );
    expect(refused.details).toMatchObject({ field: path });
    expect(await entryCount()).toBe(before);
  });

  test('NaN is refused with its place', async () => {
    await expectRefusal(
      admin.jobs.createJobs(templateId, { percentComplete: Number.NaN }),
      ErrorCode.BAD_REQUEST,
      'invalid-argument',
      /^jobOverrides\.percentComplete: NaN; expected a finite number$/,
    );
  });

  test('a percentage with a fraction is taken or refused for what it is: it is no fault of the server', async () => {
    const { id } = await publishedTemplate(admin, 'A third', [step('One')]);
    const outcome = await admin.jobs.createJobs(id, { percentComplete: 33.5 }).then(
      () => 'taken',
      (error: SystemException) => error.slug,
    );
    expect(['taken', 'invalid-argument']).toContain(outcome);
  });

  test('a map key that no answer can carry is refused, and the template stays readable', async () => {
    const raw = await RawConnection.open(server.address);
    const poisoned = args('JobTemplateService', 'addStepModular', {
      jobTemplateId: templateId,
      parentId: rootId,
      step: step('Poisoned', {
        metadataById: { poison_property: { metadataId: 'm', key: 'k', value: { text: 'x' } } },
      } as never),
      position: -1,
      replace: false,
    });
    const sent = message('addStepModular', poisoned);
    // No client in JavaScript can write this key; others can. The names before are made as long as it.
    const key = Buffer.from('poison_property');
    const at = sent.indexOf(key);
    expect(at).toBeGreaterThan(0);
    const renamed = Buffer.concat([
      sent.subarray(0, at - 4),
      Buffer.from([0, 0, 0, 'hasOwnProperty'.length]),
      Buffer.from('hasOwnProperty'),
      sent.subarray(at + key.length),
    ]);
    raw.send(framed(message('authenticate', args('AuthenticationService', 'authenticate', { token: admin.token }))));
    await raw.answer();
    // The lock is this token's.
    raw.send(framed(renamed));
    const reply = decoded(await raw.answer());
    // Whatever the answer, the template must not be spoilt.
    expect((await admin.templates.get(templateId)).title).toBe('Settled');
    expect(reply).toMatchObject({ kind: 'reply', name: 'addStepModular' });
    expect(resultIn('JobTemplateService', reply).err).toMatchObject({
      slug: 'invalid-argument',
      message: expect.stringContaining('hasOwnProperty'),
    });
    raw.close();
  });
});
