/** What is wrong with actions: every fault, each by its member. */
import { describe, expect, test } from '@jest/globals';
import type { StepAction } from '#gen/flow_types';
import {
  type ActionGround,
  actionFaults,
  createdFrom,
  notifiedGroups,
  notifiedUsers,
} from '../../src/domain/action-faults.ts';
import { type Field, fieldList, jobFields, pathFields } from '../../src/domain/filter/filter.ts';
import { group, ref, step } from '../support/trees.ts';

const properties: Field[] = [
  { name: 'pump.pressure', type: 'number', per: 'job' },
  { name: 'leaks.size', type: 'number', per: 'row' },
];
const fields = fieldList([...jobFields, ...properties]);

const ground: ActionGround = {
  members: new Set(['ana']),
  memberNames: new Set(['ana', 'ana@example.org']),
  groups: new Map([
    ['EXECUTOR', 'open'],
    ['old', 'archived'],
  ]),
  statuses: ['Open', 'Closed'],
  priorities: ['Low', 'High'],
  fields: { ofSteps: fields, ofPaths: fieldList([...jobFields, ...properties, ...pathFields]) },
  templates: new Map([
    ['good', { isPublished: true, isArchived: false, fields }],
    ['draft', { isPublished: false, isArchived: false, fields }],
    ['gone', { isPublished: true, isArchived: true, fields }],
  ]),
};

const faultsOf = (action: StepAction): string[] => actionFaults(step('a', { id: 'a', flow: { action } }), ground);

const question = {
  question: 'Tight?',
  responses: [{ name: 'Yes', value: 'yes' }],
  canComment: false,
  commentRequired: false,
};
const request = { httpMethod: 'GET', url: 'https://example.org/' };
const service = { submitUrl: 'https://example.org/' };
const notify = { message: 'Look', userIds: ['ana'] };

describe('an action without a fault', () => {
  test.each<[string, StepAction]>([
    ['manual', { manual: { prompt: '${whatever' } }],
    ['question', { question }],
    ['openUrl', { openUrl: { url: `https://example.org/${ref('jobName')}?p=${ref('pump.pressure')}#$$` } }],
    [
      'webRequest',
      {
        webRequest: {
          ...request,
          headers: { Authorization: `Bearer ${ref('job_id')}` },
          body: `{"a": "${ref('dueDate')}"}`,
          responseProperty: 'pump.pressure',
          responsePointer: '/a/0',
        },
      },
    ],
    [
      'externalService',
      {
        externalService: {
          ...service,
          ticketPointer: '/id',
          pollUrl: `https://example.org/${ref('ticket')}`,
          statePointer: '/state',
          successStates: ['done'],
          failureStates: ['broken'],
        },
      },
    ],
    [
      'updateJob',
      {
        updateJob: {
          properties: [
            { identifier: 'priority', value: 'High' },
            { identifier: 'jobStatus', value: ref('priority') },
            { identifier: 'pump.pressure' },
          ],
        },
      },
    ],
    ['createJobs', { createJobs: { templateId: 'good', properties: [{ identifier: 'pump.pressure', value: '1' }] } }],
    ['defineLocation', { defineLocation: {} }],
    ['notify', { notify: { message: ref('jobName'), userIds: ['Ana@Example.org'], groupIds: ['EXECUTOR'] } }],
    ['notify of the owner alone', { notify: { message: 'x', jobOwner: true } }],
  ])('%s', (_name, action) => {
    expect(faultsOf(action)).toEqual([]);
  });
});

describe('an action with a fault names the member', () => {
  test.each<[StepAction, ...RegExp[]]>([
    [
      { question: { ...question, responses: [...question.responses, { name: 'Sure', value: 'yes' }] } },
      /^flow\.action\.question\.responses: the value "yes" is there twice/,
    ],
    [{ question: { ...question, commentRequired: true } }, /question\.canComment: false/],
    [
      { question: { ...question, question: ref('jobNam') } },
      /question\.question: \$\{jobNam\}; no such field or property, the nearest are jobName/,
    ],
    [{ openUrl: { url: 'ftp://example.org' } }, /openUrl\.url: "ftp:.*http:\/\/ or https:\/\//],
    [{ openUrl: { url: 'https://' } }, /openUrl\.url/],
    [{ openUrl: { url: `${ref('jobName')}/x` } }, /openUrl\.url/],
    [{ openUrl: { url: 'https://ana:secret@example.org' } }, /openUrl\.url: .*user name/],
    [{ openUrl: { url: 'https://example.org/${jobName' } }, /openUrl\.url: "\$\{" without/],
    [{ openUrl: { url: request.url, label: ref('currentStep') } }, /openUrl\.label: .*several current steps/],
    [{ webRequest: { ...request, httpMethod: 'get' } }, /webRequest\.httpMethod: "get"; expected one of GET/],
    [{ webRequest: { ...request, headers: { 'a b': 'x' } } }, /webRequest\.headers: "a b" is no name/],
    [{ webRequest: { ...request, headers: { Host: 'x' } } }, /webRequest\.headers: Host is set by the server/],
    [{ webRequest: { ...request, headers: { a: 'x\ny' } } }, /webRequest\.headers: the value of a has characters/],
    [{ webRequest: { ...request, headers: { a: ref('ticket') } } }, /webRequest\.headers: \$\{ticket\}/],
    [{ webRequest: { ...request, body: ref('leaks.size') } }, /webRequest\.body: .*several rows/],
    [{ webRequest: { ...request, responsePointer: 'a' } }, /webRequest\.responsePointer: "a" is no JSON pointer/],
    [
      { webRequest: { ...request, responseProperty: 'pump.presure' } },
      /webRequest\.responseProperty: jobs have no property/,
    ],
    [
      { webRequest: { ...request, responseProperty: 'priority' } },
      /webRequest\.responseProperty: jobs have no property/,
    ],
    [{ webRequest: { ...request, responseProperty: 'leaks.size' } }, /webRequest\.responseProperty: .*many rows/],
    [{ externalService: { ...service, ticketPointer: '/a' } }, /externalService\.pollUrl: unset/],
    [{ externalService: { ...service, pollUrl: request.url } }, /externalService\.ticketPointer: unset/],
    [{ externalService: { ...service, statePointer: '/a' } }, /externalService\.successStates: none/],
    [{ externalService: { ...service, failureStates: ['x'] } }, /externalService\.statePointer: unset/],
    [
      { externalService: { ...service, statePointer: '/a', successStates: ['x'], failureStates: ['x'] } },
      /externalService\.failureStates: "x"/,
    ],
    [
      { externalService: { submitUrl: `https://example.org/${ref('ticket')}` } },
      /externalService\.submitUrl: \$\{ticket\}/,
    ],
    [
      {
        updateJob: {
          properties: [{ identifier: 'revision', value: '1' }, { identifier: 'notes' }, { identifier: 'notes' }],
        },
      },
      /updateJob\.properties: notes is there twice/,
      /updateJob\.properties\[0\]\.identifier: "revision" is no field that can be set/,
    ],
    [
      { updateJob: { properties: [{ identifier: 'priority', value: 'Urgent' }] } },
      /updateJob\.properties\[0\]\.value: no priority "Urgent"; there are Low, High/,
    ],
    [
      { updateJob: { properties: [{ identifier: 'leaks.size', value: '1' }] } },
      /updateJob\.properties\[0\]\.identifier: .*many rows/,
    ],
    [{ createJobs: { templateId: 'none' } }, /createJobs\.templateId: the team has no template none/],
    [{ createJobs: { templateId: 'draft' } }, /createJobs\.templateId: .* is not published/],
    [{ createJobs: { templateId: 'gone' } }, /createJobs\.templateId: .* is archived/],
    [
      { createJobs: { templateId: 'good', properties: [{ identifier: 'x.y' }] } },
      /createJobs\.properties\[0\]\.identifier: jobs have no property "x\.y"/,
    ],
    [{ notify: { message: 'x' } }, /notify\.userIds: none/],
    [
      { notify: { ...notify, userIds: ['zoe'], groupIds: ['old', 'none'] } },
      /notify\.userIds: no user "zoe"/,
      /notify\.groupIds: .*old is archived/,
      /notify\.groupIds: no role or group "none"/,
    ],
  ])('%j', (action, ...expected) => {
    const faults = faultsOf(action);
    expect(faults).toHaveLength(expected.length);
    for (const [index, fault] of faults.entries()) expect(fault).toMatch(expected[index]!);
  });
});

test('what actions name is found at any depth', () => {
  const root = group('root', [
    group('G', [step('a', { flow: { action: { createJobs: { templateId: 'good' } } } })]),
    step('b', { flow: { action: { notify: { ...notify, groupIds: ['EXECUTOR'] } } } }),
  ]);
  expect([createdFrom(root), notifiedUsers(root), notifiedGroups(root)]).toEqual([['good'], ['ana'], ['EXECUTOR']]);
});
