/** Actions as clients send them: what is too long, too many or out of range is refused, naming step and member. */
import { describe, expect, test } from '@jest/globals';
import type { StepAction } from '#gen/flow_types';
import { checkAction } from '../../src/domain/received-actions.ts';

const x = (length: number): string => 'x'.repeat(length);
const many = <T>(count: number, thing: T): T[] => Array(count).fill(thing);
const answer = { name: 'Yes', value: 'yes' };
const question = { question: 'Tight?', responses: [answer], canComment: false, commentRequired: false };
const web = { httpMethod: 'GET', url: 'https://example.org' };
const service = { submitUrl: 'https://example.org' };
const value = { identifier: 'notes', value: 'x' };
const headers = (count: number) => Object.fromEntries(many(count, 0).map((_, index) => [`h${index}`, 'x']));

describe('an action within its limits passes', () => {
  test.each<[StepAction]>([
    [{ manual: { prompt: x(20_000) } }],
    [{ question: { ...question, question: x(20_000), responses: many(100, { name: x(500), value: x(500) }) } }],
    [{ openUrl: { url: x(2_000), label: x(500) } }],
    [
      {
        webRequest: {
          ...web,
          headers: headers(50),
          body: x(1024 * 1024),
          retries: 0,
          timeoutMs: 300_000,
          successStatuses: [200, 599],
        },
      },
    ],
    [
      {
        externalService: {
          ...service,
          pollIntervalMs: 3_600_000,
          requestTimeoutMs: 100,
          timeoutMs: 30 * 24 * 3_600_000,
        },
      },
    ],
    [{ updateJob: { properties: many(200, value) } }],
    [{ createJobs: { templateId: 't', numberOfJobs: 1_000, properties: many(200, value) } }],
    [{ defineLocation: { prompt: x(20_000), geometryTypes: [1, 2, 3, 4] } }],
    [{ notify: { message: x(20_000), userIds: many(100, 'ana'), groupIds: many(100, 'EXECUTOR') } }],
  ])('%#', action => {
    expect(() => checkAction(action, '"a"')).not.toThrow();
  });
});

const limit = 'limit-exceeded';
const bad = 'invalid-argument';

describe('an action beyond them is refused', () => {
  test.each<[string, string, StepAction]>([
    ['manual.prompt', limit, { manual: { prompt: x(20_001) } }],
    ['question.question', bad, { question: { ...question, question: ' ' } }],
    ['question.question', limit, { question: { ...question, question: x(20_001) } }],
    ['question.responses', bad, { question: { ...question, responses: [] } }],
    ['question.responses', limit, { question: { ...question, responses: many(101, answer) } }],
    ['question.responses[0].name', bad, { question: { ...question, responses: [{ name: '', value: 'x' }] } }],
    [
      'question.responses[1].value',
      limit,
      { question: { ...question, responses: [answer, { name: 'x', value: x(501) }] } },
    ],
    ['openUrl.url', bad, { openUrl: { url: '' } }],
    ['openUrl.url', limit, { openUrl: { url: x(2_001) } }],
    ['webRequest.headers', limit, { webRequest: { ...web, headers: headers(51) } }],
    ['webRequest.body', limit, { webRequest: { ...web, body: 'ä'.repeat(512 * 1024 + 1) } }],
    ['webRequest.retries', limit, { webRequest: { ...web, retries: 11 } }],
    ['webRequest.retries', limit, { webRequest: { ...web, retries: -1 } }],
    ['webRequest.timeoutMs', limit, { webRequest: { ...web, timeoutMs: 99 } }],
    ['webRequest.successStatuses[1]', limit, { webRequest: { ...web, successStatuses: [200, 600] } }],
    ['externalService.submitUrl', bad, { externalService: { submitUrl: '' } }],
    ['externalService.pollIntervalMs', limit, { externalService: { ...service, pollIntervalMs: 999 } }],
    ['externalService.timeoutMs', limit, { externalService: { ...service, timeoutMs: 30 * 24 * 3_600_000 + 1 } }],
    ['externalService.successStates[0]', bad, { externalService: { ...service, successStates: [''] } }],
    ['updateJob.properties', bad, { updateJob: { properties: [] } }],
    ['updateJob.properties', limit, { updateJob: { properties: many(201, value) } }],
    ['updateJob.properties[0].identifier', bad, { updateJob: { properties: [{ identifier: '' }] } }],
    [
      'updateJob.properties[0].value',
      limit,
      { updateJob: { properties: [{ identifier: 'notes', value: x(20_001) }] } },
    ],
    ['createJobs.templateId', bad, { createJobs: { templateId: '' } }],
    ['createJobs.numberOfJobs', limit, { createJobs: { templateId: 't', numberOfJobs: 1_001 } }],
    ['createJobs.numberOfJobs', limit, { createJobs: { templateId: 't', numberOfJobs: 0 } }],
    ['defineLocation.prompt', limit, { defineLocation: { prompt: x(20_001) } }],
    ['notify.message', bad, { notify: { message: '' } }],
    ['notify.userIds', limit, { notify: { message: 'x', userIds: many(101, 'ana') } }],
  ])('%s: %s', (member, slug, action) => {
    const place = `flow.action.${member} of "a": `;
    expect(() => checkAction(action, '"a"')).toThrow(
      expect.objectContaining({ kind: 'badRequest', slug, message: expect.stringContaining(place) }),
    );
  });
});
