/** Whom steps and webhooks may call: by name, by address, and by what a name stands for. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallOut } from '../../../src/domain/calling-out/call-out.ts';
import { AddressRules, DEFAULT_OUTBOUND, isOutboundEntry } from '../../../src/server/outbound/addresses.ts';
import { OutboundCaller } from '../../../src/server/outbound/caller.ts';
import { doing, jobDoing, results, until, untilState } from '../../support/actions.ts';
import { Outside, text } from '../../support/outside.ts';
import { logInAdmin, newTemplate, step } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let outside: Outside;

beforeAll(async () => {
  outside = await Outside.start();
});
afterAll(() => outside.stop());

const sent = (url: string, more: Partial<CallOut> = {}): CallOut => ({
  method: 'GET',
  url,
  headers: {},
  body: undefined,
  timeoutMs: 5_000,
  ...more,
});

const call = (url: string, settings: { allow?: string[]; deny?: string[] } = {}, more: Partial<CallOut> = {}) =>
  new OutboundCaller(new AddressRules({ allow: [], deny: [], ...settings })).call(
    sent(url, more),
    { 'X-Jobwright-Run': 'job/step/1' },
    new AbortController().signal,
  );

const port = () => new URL(outside.url).port;
const forbidden = { failure: expect.stringContaining('may not be called'), isFinal: true };

describe('by default', () => {
  const rules = new AddressRules(DEFAULT_OUTBOUND);

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '100.100.100.200'])(
    '%s may not be called',
    address => {
      expect(() => rules.checkAddress(address, address)).toThrow(
        /may not be called: the settings of this server deny it/,
      );
    },
  );

  test.each(['127.0.0.1', '::1', '10.0.0.1', '93.184.216.34', '2001:db8::1'])('%s may be', address => {
    expect(() => rules.checkAddress(address, address)).not.toThrow();
  });
});

describe('an address that is denied', () => {
  test.each<[string, string, string[]]>([
    ['as an address', 'http://127.0.0.1', ['127.0.0.0/8']],
    ['written otherwise', 'http://0x7f.1', ['127.0.0.1']],
    ['as one of IPv6', 'http://[::ffff:7f00:1]', ['127.0.0.0/8']],
    ['by what its name stands for', 'http://localhost', ['127.0.0.0/8', '::1']],
    ['by its name', 'http://LOCALHOST', ['localhost']],
    ['by its name with a dot behind', 'http://localhost.', ['localhost']],
    ['by the name above it', 'http://a.b.localhost', ['*.localhost']],
  ])('is not called: %s', async (_name, url, deny) => {
    outside.forget();
    expect(await call(`${url}:${port()}/`, { deny })).toEqual(forbidden);
    expect(outside.got).toEqual([]);
  });
});

describe('where some are allowed', () => {
  test.each([[['127.0.0.1']], [['127.0.0.0/8']]])('%j, those are called', async allow => {
    expect(await call(outside.url, { allow })).toMatchObject({ status: 200 });
  });

  test('a name is allowed as it stands', async () => {
    const answer = await call(`http://localhost:${port()}`, { allow: ['localhost'] });
    expect(answer).toMatchObject({ status: 200 });
  });

  test('others are not, nor what is denied too', async () => {
    expect(await call(outside.url, { allow: ['example.org', '10.0.0.0/8'] })).toEqual(forbidden);
    expect(await call(outside.url, { allow: ['127.0.0.1'], deny: ['127.0.0.1'] })).toEqual(forbidden);
  });
});

test.each([
  ['example.org', true],
  ['*.example.org', true],
  ['10.0.0.0/8', true],
  ['fe80::/10', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['http://example.org', false],
  ['*', false],
  ['', false],
])('%p is an entry: %p', (entry, expected) => {
  expect(isOutboundEntry(entry)).toBe(expected);
});

describe('a request', () => {
  test('that cannot be sent is final', async () => {
    expect(await call('no address')).toMatchObject({ isFinal: true });
    expect(await call(outside.url, {}, { headers: { a: 'x\r\ny: z' } })).toMatchObject({
      failure: expect.stringMatching(/header a has characters/),
      isFinal: true,
    });
  });

  test('that nobody answers may be sent again', async () => {
    const gone = await Outside.start();
    gone.stop();
    expect(await call(gone.url)).toMatchObject({ isFinal: false, failure: expect.stringContaining('ECONNREFUSED') });
  });

  test('that is answered by drops is over in time', async () => {
    outside.next.push(response => {
      response.writeHead(200);
      const drops = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drops));
    });
    expect(await call(outside.url, {}, { timeoutMs: 200 })).toEqual({
      failure: 'no answer within 0.2 s',
      isFinal: false,
    });
  });

  test('is read in the character set of its answer', async () => {
    outside.next.push(text(200, Buffer.from([0xe4]), { 'Content-Type': 'text/plain; charset=iso-8859-1' }));
    expect(await call(outside.url)).toMatchObject({ body: 'ä', isWhole: true });
    outside.next.push(text(200, Buffer.from('ä'), { 'Content-Type': 'text/plain; charset=none-such' }));
    expect(await call(outside.url)).toMatchObject({ body: 'ä' });
  });

  test('with a body says how long it is, and what it is where the author does not', async () => {
    outside.forget();
    await call(outside.url, {}, { method: 'DELETE', body: 'ä', headers: { 'user-agent': 'mine' } });
    expect(outside.got).toMatchObject([
      {
        method: 'DELETE',
        body: 'ä',
        headers: { 'content-length': '2', 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'mine' },
      },
    ]);
  });
});

test('a step that calls what the settings deny is an error, and nothing is sent', async () => {
  outside.forget();
  const server = await TestServer.start({ outbound: { allow: [], deny: ['127.0.0.0/8'] } });
  try {
    const admin = await logInAdmin(server);
    const job = await jobDoing(admin, [doing('call', { webRequest: { httpMethod: 'GET', url: outside.url } })]);
    await job.start(admin, 'call');
    await untilState(admin, job, 'call: ERROR');
    expect((await results(admin, job, 'call')).at(-1)).toMatch(
      /^Error: GET: 127\.0\.0\.1 may not be called: the settings/,
    );
    expect(outside.got).toEqual([]);
  } finally {
    await server.stop();
  }
});

test('webhooks that call what the settings deny fail, and nothing is sent', async () => {
  outside.forget();
  const server = await TestServer.start({ outbound: { allow: [], deny: ['127.0.0.0/8'] } });
  try {
    const admin = await logInAdmin(server);
    const notifications = admin.connection.service('NotificationService');
    await notifications.setEventWebhook(admin.teamId, '', outside.url, {});
    await admin.teams.setTemplateApprovalWebhook(admin.teamId, outside.url);
    const { id } = await newTemplate(admin, 'Pump', [step('One')]);
    await admin.templates.beginReview(id);
    const ofEvents = async () => (await notifications.getEventWebhooks(admin.teamId))[0]?.lastFailure;
    const ofReviews = async () =>
      (await admin.teams.getTemplateApprovalWebhook(admin.teamId)).undelivered[0]?.lastFailure;
    for (const failure of [ofEvents, ofReviews]) {
      await until('the failure of a webhook', async () => (await failure()) != null);
      expect(await failure()).toBe('127.0.0.1 may not be called: the settings of this server deny it');
    }
    expect(outside.got).toEqual([]);
  } finally {
    await server.stop();
  }
});
