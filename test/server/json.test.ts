/** The plain JSON form of the interface's structs: what is taken for what, and what is refused with its place and what would be right. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { JobTemplate } from '#gen/job_template_types';
import { TemplateType } from '#gen/job_template_types';
import { BadRequest } from '../../src/base/errors.ts';
import { structFromJson } from '../../src/server/json.ts';
import { leaves } from '../support/seed.ts';

const read = (name: string, json: unknown): unknown => structFromJson(name, json, 'file');

function refusal(name: string, json: unknown): BadRequest {
  try {
    const value = read(name, json);
    throw new Error(`it was taken as ${JSON.stringify(value)}`);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
}

describe('what is taken', () => {
  test.each<[what: string, name: string, json: unknown, value: unknown]>([
    ['an empty object', 'step.BaseStep', {}, {}],
    ['a text', 'step.BaseStep', { title: 'Größe \u{1F529}' }, { title: 'Größe \u{1F529}' }],
    ['an empty text', 'step.BaseStep', { title: '' }, { title: '' }],
    ['true and false', 'step.BaseStep', { blocking: true, isComponent: false }, { blocking: true, isComponent: false }],
    ['a whole number', 'job_template.JobTemplateParams', { expectedVersion: -3 }, { expectedVersion: -3 }],
    ['the largest exact number', 'flow.JobDefaults', { durationMs: 2 ** 53 - 1 }, { durationMs: 2 ** 53 - 1 }],
    ['a number with a fraction for a double', 'jobs.Geometry', { x: -0.5 }, { x: -0.5 }],
    ['an enum by name', 'job_template.JobTemplateParams', { typ: 'Job' }, { typ: TemplateType.Job }],
    ['an enum by number', 'step.Assignee', { type: 2 }, { type: 2 }],
    ['an enum by its number as text', 'step.Assignee', { type: '2' }, { type: 2 }],
    ['an enum by its number 0', 'flow.JobDefaults', { assignedType: 0 }, { assignedType: 0 }],
    ['a list', 'step.BaseStep', { children: [{ title: 'a' }, {}] }, { children: [{ title: 'a' }, {}] }],
    ['lists of lists', 'jobs.Geometry', { rings: [[[1, 2]], []] }, { rings: [[[1, 2]], []] }],
    ['a set', 'common.UUIDSet', { ids: ['a', 'b'] }, { ids: ['a', 'b'] }],
    ['a map', 'common.AddAction', { extraInfo: { a: 'b' } }, { extraInfo: { a: 'b' } }],
    [
      'a map of structs',
      'step.BaseStep',
      { metadataById: { m: { value: { number: 1.5 } } } },
      { metadataById: { m: { value: { number: 1.5 } } } },
    ],
    ['a union as an object with one key', 'step.StepImpl', { stepGroup: {} }, { stepGroup: {} }],
    ['an extension of ours', 'step.BaseStep', { flow: { mode: 'PARALLEL' } }, { flow: { mode: 2 } }],
  ])('%s', (_what, name, json, value) => {
    expect(read(name, json)).toEqual(value);
  });

  test('bytes in base64', () => {
    expect(read('jobs.AttachmentChunk', { data: 'AP8=' })).toEqual({ data: Buffer.from([0, 255]) });
  });

  test.each(readdirSync('examples/procedures'))('the example %s, whole', file => {
    const json = JSON.parse(readFileSync(`examples/procedures/${file}`, 'utf8'));
    const template = read('job_template.JobTemplate', json) as JobTemplate;
    expect(template.title).toBe(json.title);
    expect(leaves(template.stepGroup).length).toBe(leaves(json.stepGroup).length);
  });
});

test('null is a field that is not set', () => {
  expect(read('step.BaseStep', { title: null, children: null, isComponent: true })).toEqual({ isComponent: true });
});

describe('what is refused', () => {
  test.each<[what: string, name: string, json: unknown, message: RegExp]>([
    ['an array for a struct', 'step.BaseStep', [], /^file: \[\]; expected an object$/],
    ['null for a struct', 'step.BaseStep', null, /^file: null; expected an object$/],
    ['a text for a struct', 'step.BaseStep', 'x', /^file: "x"; expected an object$/],
    ['a number for a text', 'step.BaseStep', { title: 5 }, /^file\.title: 5; expected a text$/],
    [
      'a text for a truth value',
      'step.BaseStep',
      { blocking: 'yes' },
      /^file\.blocking: "yes"; expected true or false$/,
    ],
    ['1 for a truth value', 'step.BaseStep', { blocking: 1 }, /^file\.blocking: 1; expected true or false$/],
    ['a fraction', 'flow.JobDefaults', { durationMs: 1.5 }, /^file\.durationMs: 1\.5; expected a whole number/],
    [
      '2^53',
      'flow.JobDefaults',
      { durationMs: 2 ** 53 },
      /^file\.durationMs: 9007199254740992; expected a whole number/,
    ],
    ['a number as text', 'flow.JobDefaults', { durationMs: '5' }, /^file\.durationMs: "5"; expected a whole number/],
    [
      'an i32 beyond 32 bits',
      'job_template.JobTemplateParams',
      { expectedVersion: 2 ** 31 },
      /^file\.expectedVersion: 2147483648; expected a whole number/,
    ],
    ['a text for a double', 'jobs.Geometry', { x: '1' }, /^file\.x: "1"; expected a number$/],
    ['an object for a list', 'step.BaseStep', { children: {} }, /^file\.children: \{\}; expected an array$/],
    ['an array for a map', 'common.AddAction', { extraInfo: [] }, /^file\.extraInfo: \[\]; expected an object$/],
    ['a wrong value in a map', 'common.AddAction', { extraInfo: { a: 1 } }, /^file\.extraInfo\.a: 1; expected a text$/],
    [
      'a wrong element in a list',
      'jobs.Geometry',
      { rings: [[[1, 'x']]] },
      /^file\.rings\[0\]\[0\]\[1\]: "x"; expected a number$/,
    ],
    [
      'a wrong value deep inside',
      'step.BaseStep',
      { children: [{ impl: { step: { stepFields: [{ id: 1 }] } } }] },
      /^file\.children\[0\]\.impl\.step\.stepFields\[0\]\.id: 1; expected a text$/,
    ],
    ['an unknown enum name', 'step.Assignee', { type: 'Group' }, /^file\.type: "Group"; expected one of User, Role$/],
    ['an unknown enum number', 'step.Assignee', { type: 3 }, /^file\.type: 3; expected one of User, Role$/],
    [
      'an enum name in other case',
      'step.Assignee',
      { type: 'user' },
      /^file\.type: "user"; expected one of User, Role$/,
    ],
    [
      'a name of Object for an enum',
      'step.Assignee',
      { type: 'constructor' },
      /^file\.type: "constructor"; expected one of/,
    ],
    ['an empty text for an enum', 'flow.JobDefaults', { assignedType: '' }, /^file\.assignedType: ""; expected one of/],
    ['blanks for an enum', 'flow.JobDefaults', { assignedType: ' ' }, /^file\.assignedType: " "; expected one of/],
    ['false for an enum', 'flow.JobDefaults', { assignedType: false }, /^file\.assignedType: false; expected one of/],
    ['true for an enum', 'step.Assignee', { type: true }, /^file\.type: true; expected one of/],
    ['an array for an enum', 'step.Assignee', { type: [2] }, /^file\.type: \[2\]; expected one of/],
    [
      'an unknown field',
      'step.Assignee',
      { id: 'a', name: 'b' },
      /^file\.name: step\.Assignee has no such field; it has id, type, /,
    ],
    [
      'a name of Object as a field',
      'step.Assignee',
      { constructor: 'b' },
      /^file\.constructor: step\.Assignee has no such field; it has id/,
    ],
    [
      '__proto__ as a field',
      'step.Assignee',
      JSON.parse('{"__proto__": {}}'),
      /^file\.__proto__: step\.Assignee has no such field; it has id/,
    ],
    [
      'a union with two members',
      'step.StepImpl',
      { step: {}, stepGroup: {} },
      /^file: .*exactly one of step, stepGroup/,
    ],
    ['a union with no member', 'step.BaseStep', { impl: {} }, /^file\.impl: .*exactly one of step, stepGroup/],
    ['what is no base64', 'jobs.AttachmentChunk', { data: '%%%' }, /^file\.data: "%%%"; expected a text in base64$/],
  ])('%s', (_what, name, json, message) => {
    const error = refusal(name, json);
    expect(error.slug).toBe('invalid-argument');
    expect(error.message).toMatch(message);
    expect(error.details.field).toBe(error.message.split(': ')[0]);
  });

  test('a long value is shown from its beginning, to a bounded length', () => {
    const { message } = refusal('step.BaseStep', { title: { long: 'x'.repeat(10_000) } });
    expect(message.length).toBeLessThan(200);
    expect(message).toMatch(/^file\.title: \{"long":"xxxx/);
  });
});
