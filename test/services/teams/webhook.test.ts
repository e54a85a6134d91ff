/** The webhook of beginReview: sent after the commit, signed, again until it is taken, and never in the way of a call. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { connect } from '../../../src/client/connect.ts';
import { noteFailure, takeDue } from '../../../src/engine/webhooks.ts';
import { Pruner } from '../../../src/server/pruning.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logIn, logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

/** A request as it came. */
interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Somebody who is called: a real HTTP server that answers as it is told. */
class Receiver {
  readonly got: Got[] = [];
  answer: (response: ServerResponse) => void = response => response.end('thanks');
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      this.got.push({ headers: request.headers, body });
      this.answer(response);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const fails = (status: number) => (response: ServerResponse) => {
  response.statusCode = status;
  response.end('no');
};

const DAY_MS = 24 * 60 * 60 * 1000;

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let receiver: Receiver;
let url: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.start();
  await admin.teams.setTemplateApprovalWebhook(admin.teamId, url);
});
afterEach(async () => {
  await admin.teams.setTemplateApprovalWebhook(admin.teamId, '');
  receiver.stop();
});

/** Turns the clock; tokens end meanwhile. */
async function later(hours: number): Promise<void> {
  server.clock.forward(hours * 60 * 60 * 1000);
  admin = await logInAdmin(server);
  ana = await logIn(server, ana.email, ana.password);
}

const inReview = async (): Promise<string> => {
  const { id } = await newTemplate(ana, 'Pump', [step('One')]);
  await ana.templates.beginReview(id);
  return id;
};

/** Waits for what a worker does. */
async function until(holds: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  for (let tries = 0; tries < seconds * 40; tries++) {
    if (await holds()) return;
    await pause(25);
  }
  throw new Error(`it did not come about in ${seconds} seconds`);
}

const undelivered = async () => (await admin.teams.getTemplateApprovalWebhook(admin.teamId)).undelivered;
const allDelivered = () => until(async () => (await rowsOf(server, 'webhook_deliveries')).length === 0);
const hmac = (secret: string, body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('beginReview', () => {
  test('calls it with template, public version and who submits', async () => {
    const templateId = await inReview();
    await allDelivered();
    expect(receiver.got).toHaveLength(1);
    const [{ headers, body }] = receiver.got as [Got];
    expect(JSON.parse(body)).toEqual({ templateId, publicVersion: 1, submitterId: ana.id });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Jobwright' });
    expect(headers['x-jobwright-delivery']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('that is refused calls nobody', async () => {
    const templateId = await inReview();
    await allDelivered();
    await expectNothingWritten(server, () =>
      expectRefusal(ana.templates.beginReview(templateId), ErrorCode.NOOP, 'already-in-review'),
    );
    expect(receiver.got).toHaveLength(1);
  });

  test('does not wait for it, though it hangs; and what hung is sent again', async () => {
    receiver.answer = () => {};
    await inReview();
    await until(() => receiver.got.length === 1);
    await inReview();
    // Both calls were answered while the first delivery hung.
    expect((await undelivered()).map(({ lastFailure }) => lastFailure)).toEqual([null, null]);
    await until(
      async () => (await undelivered()).every(({ lastFailure }) => /no answer within 10 s/.test(lastFailure ?? '')),
      40,
    );
    receiver.answer = response => response.end();
    server.clock.forward(60_000);
    await allDelivered();
    expect(receiver.got).toHaveLength(4);
  }, 60_000);

  test('has delivered it once it is answered with 2xx, though the answer breaks off', async () => {
    receiver.answer = response => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('thanks');
      setImmediate(() => response.destroy());
    };
    await inReview();
    await allDelivered();
    expect(receiver.got).toHaveLength(1);
  });

  test('does not fail when nobody is there', async () => {
    receiver.stop();
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure != null);
    expect((await undelivered())[0]).toMatchObject({ attempts: 1, lastFailure: expect.stringMatching(/ECONNREFUSED/) });
  });
});

describe('a call that is not taken', () => {
  test('is sent again, after pauses that grow, until it is; and then never again', async () => {
    receiver.answer = fails(500);
    await inReview();
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      await until(async () => {
        const [delivery] = await undelivered();
        // Taken for a minute, until it is answered.
        const wait = Number(delivery?.nextAttemptAt) * 1000 - server.clock.now();
        return delivery?.attempts === attempt && delivery.lastFailure != null && wait < 30_000;
      });
      const [delivery] = await undelivered();
      expect(delivery!.lastFailure).toBe('answered with 500');
      const wait = Number(delivery!.nextAttemptAt) * 1000 - server.clock.now();
      pauses.push(Math.round(wait / 5000));
      if (attempt === 3) receiver.answer = response => response.end();
      server.clock.forward(wait + 1000);
    }
    expect(pauses).toEqual([1, 2, 4]);
    await allDelivered();
    expect(receiver.got).toHaveLength(4);
    const ids = receiver.got.map(({ headers }) => headers['x-jobwright-delivery']);
    expect(new Set(ids).size).toBe(1);
    server.clock.forward(60 * 60 * 1000);
    await pause(1500);
    expect(receiver.got).toHaveLength(4);
  }, 60_000);

  test('is not taken where it is sent elsewhere, and is not followed there', async () => {
    receiver.answer = response => {
      response.writeHead(302, { location: url });
      response.end();
    };
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure === 'answered with 302');
    expect(receiver.got).toHaveLength(1);
  });

  test('is given up after a day, and listed', async () => {
    receiver.answer = fails(503);
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure != null);
    await later(23.9999);
    await until(async () => (await undelivered())[0]!.nextAttemptAt == null);
    expect((await undelivered())[0]).toMatchObject({ attempts: 2, lastFailure: 'answered with 503' });
    const before = receiver.got.length;
    server.clock.forward(60 * 60 * 1000);
    await pause(1500);
    expect(receiver.got).toHaveLength(before);
  });

  test('that was given up is told of for thirty days, one that waits as long as it does', async () => {
    receiver.answer = fails(503);
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure != null);
    const prunedAfter = (days: number) => {
      const clock = { now: () => server.clock.now() + days * DAY_MS };
      return new Pruner(server.store, clock, pino({ level: 'silent' })).prune();
    };
    await prunedAfter(31);
    expect(await undelivered()).toMatchObject([{ attempts: 1 }]);
    await later(25);
    await until(async () => {
      const [delivery] = await undelivered();
      return delivery?.attempts === 2 && delivery.nextAttemptAt == null;
    });
    await prunedAfter(28);
    expect(await undelivered()).toMatchObject([{ attempts: 2 }]);
    await prunedAfter(30);
    expect(await undelivered()).toEqual([]);
  });

  test('outlives the server that queued it', async () => {
    receiver.answer = fails(500);
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure != null);
    receiver.answer = response => response.end();
    await server.restart();
    [admin, ana] = [await logInAdmin(server), await again(ana)];
    server.clock.forward(10_000);
    await allDelivered();
    expect(receiver.got).toHaveLength(2);
  });

  test('that another took since is not put back by the one who took it first', async () => {
    receiver.answer = fails(500);
    const now = server.clock.now();
    await inReview();
    await until(async () => (await undelivered())[0]?.lastFailure != null);
    // Far ahead of the clock of the worker, who so keeps away.
    const later = now + 60_000;
    const take = (at: number) => server.store.transact(tx => takeDue(tx, at, 60_000, 20));
    const [[first], [second]] = [await take(later), await take(later + 60_000)];
    expect(second!.delivery).toMatchObject({ delivery_id: first!.delivery.delivery_id, attempts: 3 });
    await expectNothingWritten(server, () =>
      server.store.transact(tx => noteFailure(tx, first!.delivery, 'too late', later + 61_000)),
    );
    await server.store.transact(tx => noteFailure(tx, second!.delivery, 'in time', later + 61_000));
    expect((await undelivered())[0]).toMatchObject({ attempts: 3, lastFailure: 'in time' });
  });

  test('by one of two servers is not sent by the other as well', async () => {
    const sibling = await server.sibling();
    try {
      receiver.answer = response => setTimeout(() => response.end(), 20 * Math.random());
      const connection = await connect({ host: '127.0.0.1', port: sibling.port });
      await connection.service('AuthenticationService').authenticate(ana.token);
      const [one, other] = [ana.templates, connection.service('JobTemplateService')];
      const drafts = await Promise.all(Array.from({ length: 30 }, () => newTemplate(ana, 'Pump', [step('One')])));
      await Promise.all(drafts.map(({ id }, index) => (index % 2 ? one : other).beginReview(id)));
      await allDelivered();
      const told = receiver.got.map(({ body }) => JSON.parse(body).templateId);
      expect(told.sort()).toEqual(drafts.map(({ id }) => id).sort());
      await connection.close();
    } finally {
      await sibling.stop();
    }
  });

  const again = async (user: TestUser): Promise<TestUser> => {
    const connection = await server.connect();
    await connection.service('AuthenticationService').authenticate(user.token);
    return { ...user, connection, templates: connection.service('JobTemplateService') };
  };
});

describe('the signature', () => {
  test('is by the secret; for a day after a rotation by the one before too', async () => {
    const first = (await admin.teams.rotateTemplateApprovalSecret(admin.teamId)).secret;
    await later(25);
    await inReview();
    await allDelivered();
    const signature = () => receiver.got.at(-1)!.headers['x-jobwright-signature'];
    const { body } = receiver.got[0]!;
    expect(signature()).toBe(hmac(first, body));
    const second = await admin.teams.rotateTemplateApprovalSecret(admin.teamId);
    expect(Number(second.previousUntil)).toBeCloseTo((server.clock.now() + 24 * 60 * 60 * 1000) / 1000, -1);
    expect((await admin.teams.getTemplateApprovalWebhook(admin.teamId)).previousSecretUntil).toEqual(
      second.previousUntil,
    );
    await inReview();
    await allDelivered();
    const { body: next } = receiver.got[1]!;
    expect(signature()).toBe(`${hmac(second.secret, next)},${hmac(first, next)}`);
    await later(25);
    await inReview();
    await allDelivered();
    expect(signature()).toBe(hmac(second.secret, receiver.got[2]!.body));
  });

  test('is by no secret that stands in the database', async () => {
    const { secret } = await admin.teams.rotateTemplateApprovalSecret(admin.teamId);
    expect(JSON.stringify(await rowsOf(server, 'webhooks'))).not.toContain(secret);
    expect(JSON.stringify(await rowsOf(server, 'audit_events'))).not.toContain(secret);
    expect(JSON.stringify(server.log)).not.toContain(secret);
  });
});

describe('setting it', () => {
  test('is told by get; empty clears it, with what waits', async () => {
    receiver.answer = fails(500);
    await inReview();
    await until(async () => (await undelivered()).length === 1);
    expect((await admin.teams.getTemplateApprovalWebhook(admin.teamId)).url).toBe(url);
    await admin.teams.setTemplateApprovalWebhook(admin.teamId, '');
    expect(await admin.teams.getTemplateApprovalWebhook(admin.teamId)).toMatchObject({ url: '', undelivered: [] });
    await inReview();
    expect(await undelivered()).toEqual([]);
    const actions = (await rowsOf(server, 'audit_events')).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['webhook.set', 'webhook.cleared', 'webhook.rotated']));
  });

  test('leaves a trace with its host, and not with what may be a secret behind it', async () => {
    await admin.teams.setTemplateApprovalWebhook(admin.teamId, 'https://hooks.example.org/T0/a-secret-path?key=abc');
    const traces = (await rowsOf(server, 'audit_events')).filter(({ action }) => action === 'webhook.set');
    expect(traces.map(({ details }) => details)).toContain('{"host":"hooks.example.org"}');
    expect(JSON.stringify(traces.map(({ details }) => details))).not.toMatch(/secret-path|abc/);
  });

  test.each([
    ['ftp://example.org/', 'invalid-argument'],
    ['file:///etc/passwd', 'invalid-argument'],
    ['javascript:alert(1)', 'invalid-argument'],
    ['example.org', 'invalid-argument'],
    ['https://user:secret@example.org/', 'invalid-argument'],
    [`http://example.org/${'x'.repeat(2000)}`, 'limit-exceeded'],
  ])('to %.40s is refused', async (address, slug) => {
    await expectNothingWritten(server, () =>
      expectRefusal(
        admin.teams.setTemplateApprovalWebhook(admin.teamId, address),
        ErrorCode.BAD_REQUEST,
        slug,
        /webhookUrl/,
      ),
    );
  });
});
