/** What is sent for a step, and what answers come to: the rules, without a network. */
import { describe, expect, test } from '@jest/globals';
import type { ExternalServiceAction, WebRequestAction } from '#gen/flow_types';
import {
  type Answer,
  contentOf,
  type Filled,
  keepable,
  seenResponse,
} from '../../../src/domain/calling-out/call-out.ts';
import {
  resumed,
  type ServiceRun,
  type ServiceState,
  serviceRequestOf,
  serviceVerdict,
} from '../../../src/domain/calling-out/external-service.ts';
import { webRequestOf, webRequestVerdict } from '../../../src/domain/calling-out/web-request.ts';
import { filledIn } from '../../../src/domain/references-in-texts.ts';
import { ref } from '../../support/trees.ts';

const filled: Filled = (text, form, further = {}) => filledIn(text, form, name => further[name] ?? `<"${name}">`);
const reply = (status: number, body: unknown = {}, location?: string): Answer => ({
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  location,
  isWhole: true,
});
const silence: Answer = { failure: 'ECONNRESET', isFinal: false };
const never: Answer = { failure: 'may not be called', isFinal: true };

describe('what is sent', () => {
  test.each<[string, Record<string, string>, string]>([
    ['JSON is escaped', { 'content-type': 'application/json' }, '<\\"a\\">'],
    ['kinds of JSON too', { 'Content-Type': 'application/problem+json; charset=utf-8' }, '<\\"a\\">'],
    ['other texts are not', { 'Content-Type': 'text/plain' }, '<"a">'],
    ['nor a text of an unknown kind', {}, '<"a">'],
    ['nor what only sounds like it', { 'Content-Type': 'application/jsonp' }, '<"a">'],
  ])('%s', (_name, headers, expected) => {
    expect(contentOf({ headers, body: ref('a') }, filled).body).toBe(expected);
  });

  test('a request has the values in their places', () => {
    const action: WebRequestAction = {
      httpMethod: 'PUT',
      url: `http://a/${ref('x')}`,
      headers: { h: ref('y') },
      timeoutMs: 500,
    };
    expect(webRequestOf(action, filled)).toEqual({
      method: 'PUT',
      url: 'http://a/%3C%22x%22%3E',
      headers: { h: '<"y">' },
      body: undefined,
      timeoutMs: 500,
    });
  });
});

describe('a web request', () => {
  const verdict = (answer: Answer, attempt = 1, more: Partial<WebRequestAction> = {}) =>
    webRequestVerdict({ httpMethod: 'GET', url: 'http://a', ...more }, answer, attempt, 1_000);

  test.each([200, 204, 299])('is done with %i', status => {
    expect(verdict(reply(status, 'x'))).toEqual({
      kind: 'done',
      response: 'x',
      result: String(status),
      property: undefined,
    });
  });

  test.each<[Answer]>([[reply(500)], [reply(503)], [reply(408)], [reply(429)], [silence]])(
    'goes on after %j',
    answer => {
      for (const [attempt, pause] of [2_000, 4_000, 8_000].entries())
        expect(verdict(answer, attempt + 1)).toMatchObject({ kind: 'again', nextAt: 1_000 + pause });
      expect(verdict(answer, 4)).toMatchObject({ kind: 'failed' });
      expect(verdict(answer, 10, { retries: 10 })).toMatchObject({ kind: 'again', nextAt: 1_000 + 1_024_000 });
    },
  );

  test.each<[Answer]>([[reply(301)], [reply(400)], [reply(404)], [reply(101)], [never]])(
    'has failed with %j',
    answer => {
      expect(verdict(answer)).toMatchObject({ kind: 'failed' });
    },
  );
});

describe('an outside service', () => {
  const action: ExternalServiceAction = {
    submitUrl: 'http://a/work',
    headers: { 'Content-Type': 'text/x', key: 'k' },
    body: 'b',
    ticketPointer: '/id',
    pollUrl: `http://a/${ref('ticket')}`,
    statePointer: '/state',
    successStates: ['ok'],
    failureStates: ['ko'],
    messagePointer: '/says',
    timeoutMs: 100_000,
  };
  const run = (state: ServiceState = {}, more: Partial<ServiceRun> = {}): ServiceRun => ({
    action,
    state,
    startedAt: 0,
    now: 1_000,
    ...more,
  });
  const verdict = (given: ServiceRun, answer: Answer) => {
    const sent = serviceRequestOf(given, filled);
    if ('kind' in sent) return sent;
    return serviceVerdict(given, sent, answer, filled);
  };
  const asking = { pollUrl: 'http://a/7' };

  test('is asked with the headers of the submission, but for those about its body', () => {
    expect(serviceRequestOf(run(), filled)).toMatchObject({ method: 'POST', url: 'http://a/work', body: 'b' });
    expect(serviceRequestOf(run(asking), filled)).toEqual({
      method: 'GET',
      url: 'http://a/7',
      headers: { key: 'k' },
      body: undefined,
      timeoutMs: 30_000,
    });
  });

  test('that has accepted is asked under its ticket, no later than the time is over', () => {
    expect(verdict(run(), reply(202, { id: 'x/7' }))).toMatchObject({
      state: { pollUrl: 'http://a/x%2F7' },
      nextAt: 11_000,
    });
    expect(verdict(run({}, { now: 95_000 }), reply(202, { id: 7 }))).toMatchObject({ nextAt: 100_000 });
    expect(verdict(run({}, { now: 100_000 }), reply(202, { id: 7 }))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('not done in 100 s'),
    });
  });

  test.each<[string, unknown]>([
    ['null', { id: null }],
    ['empty', { id: '' }],
    ['absent', {}],
  ])('whose ticket is %s has failed', (_name, body) => {
    expect(verdict(run(), reply(200, body))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('no ticket'),
    });
  });

  test('tells what is new, and only that', () => {
    const first = verdict(run(asking), reply(200, { state: 'on', says: 'half' }));
    expect(first).toMatchObject({ telling: { msg: 'half' }, state: { ...asking, message: 'half' } });
    expect(verdict(run({ ...asking, message: 'half' }), reply(200, { state: 'on', says: 'half' }))).toMatchObject({
      telling: undefined,
    });
    expect(verdict(run(asking), reply(200, { state: 'on' }))).toMatchObject({ telling: { msg: 'on' } });
  });

  test('is done, or has failed, by its state', () => {
    expect(verdict(run(asking), reply(200, { state: 'ok' }))).toMatchObject({ kind: 'done', result: 'ok' });
    expect(verdict(run(asking), reply(200, { state: 'ko' }))).toEqual({
      kind: 'failed',
      result: 'ko',
      message: 'the service says: ko',
    });
    expect(verdict(run(asking), never)).toMatchObject({ kind: 'failed' });
  });

  test('that does not answer well is asked later each time, and no more after ten', () => {
    let state: ServiceState = asking;
    const pauses: number[] = [];
    const long = { ...action, timeoutMs: 1_000_000_000 };
    for (const answer of [
      silence,
      reply(500),
      reply(200, 'no JSON'),
      reply(200, {}),
      reply(302),
      reply(404),
      silence,
      silence,
      silence,
    ]) {
      const found = verdict({ ...run(state), action: long }, answer);
      if (found.kind !== 'again') throw new Error(found.kind);
      pauses.push((found.nextAt - 1_000) / 1_000);
      state = found.state;
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900]);
    const last = verdict({ ...run(state), action: long }, silence);
    expect(last).toMatchObject({
      state: { broken: true },
      nextAt: 1_000_000_000,
      telling: { msgCode: 'asking-broken-off' },
    });
    expect(resumed((last as { state: ServiceState }).state)).toEqual(asking);
    expect(resumed(state)).toBeUndefined();
  });
});

test('rows can keep what is answered', () => {
  expect(keepable('a\0b\ud800')).toBe('a\uFFFDb\uFFFD');
  expect(seenResponse('😀'.repeat(10_001))).toHaveLength(20_000);
  expect(seenResponse(`a${'😀'.repeat(10_001)}`).at(-1)).toBe('\uFFFD');
});
