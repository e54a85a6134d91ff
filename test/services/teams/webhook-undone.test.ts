/** The webhook of beginReview when the transaction that queued its call is undone: nobody is called of what never was. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { ErrorCode } from '#gen/common_types';
import { TeamRole } from '#gen/user_types';
import { connect } from '../../../src/client/connect.ts';
import { db } from '../../store/support.ts';
import { engine } from '../../support/database.ts';
import { until } from '../../support/events.ts';
import { Receiver } from '../../support/receiver.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { expectNothingWritten, rowsOf } from '../../support/rows.ts';
import { logInAdmin, newTemplate, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let receiver: Receiver;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

beforeEach(async () => {
  receiver = new Receiver();
  await admin.teams.setTemplateApprovalWebhook(admin.teamId, await receiver.start());
});
afterEach(() => receiver.stop());

const execute = (...statements: readonly string[]): Promise<void> =>
  server.store.transact(async tx => {
    for (const statement of statements) await sql.raw(statement).execute(db(tx));
  });

const draft = () => newTemplate(ana, 'Pump', [step('One')]);
const allDelivered = () => until(async () => (await rowsOf(server, 'webhook_deliveries')).length === 0);

/** Makes the database undo whatever queues a call, and lets it be again. */
interface Undoing {
  readonly begin: readonly string[];
  readonly end: readonly string[];
}

/** PostgreSQL asks a function. */
const refusing = (trigger: string): Undoing => ({
  begin: [
    `create function undo() returns trigger language plpgsql as $$ begin raise exception 'undone'; end $$`,
    `${trigger} for each row execute function undo()`,
  ],
  end: ['drop function undo() cascade'],
});

const undoings: Readonly<Record<'sqlite' | 'postgres', Readonly<Record<string, Undoing>>>> = {
  sqlite: {
    'before the call is queued': {
      begin: [`create trigger undone before insert on webhook_deliveries begin select raise(abort, 'undone'); end`],
      end: ['drop trigger undone'],
    },
    'once the call is queued': {
      begin: [`create trigger undone after insert on webhook_deliveries begin select raise(abort, 'undone'); end`],
      end: ['drop trigger undone'],
    },
    // A key that leads nowhere is looked at in the end.
    'at the commit': {
      begin: [
        'create table undone_parents (id integer primary key)',
        'create table undone (id integer references undone_parents (id) deferrable initially deferred)',
        'create trigger undone_queued after insert on webhook_deliveries begin insert into undone values (1); end',
      ],
      end: ['drop trigger undone_queued', 'drop table undone', 'drop table undone_parents'],
    },
  },
  postgres: {
    'before the call is queued': refusing('create trigger undone before insert on webhook_deliveries'),
    'once the call is queued': refusing('create trigger undone after insert on webhook_deliveries'),
    'at the commit': refusing(
      'create constraint trigger undone after insert on webhook_deliveries deferrable initially deferred',
    ),
  },
};

test.each(Object.entries(undoings[engine]))(
  'a review that is undone %s calls nobody; begun again, it calls once',
  async (_when, { begin, end }) => {
    const { id, version } = await draft();
    await execute(...begin);
    try {
      await expectNothingWritten(server, () =>
        expectRefusal(
          ana.templates.beginReview(id),
          ErrorCode.INTERNAL_SERVER_ERROR,
          'internal-error',
          /^internal error [0-9a-f-]+$/,
        ),
      );
    } finally {
      await execute(...end);
    }
    expect(await rowsOf(server, 'webhook_deliveries')).toEqual([]);
    expect(await ana.templates.get(id)).toMatchObject({ version, status: 'Unpublished', publicVersion: 0 });
    expect(receiver.got).toEqual([]);
    expect(await ana.templates.beginReview(id)).toBe(1);
    await allDelivered();
    expect(receiver.got.map(({ body }) => JSON.parse(body))).toEqual([
      { templateId: id, publicVersion: 1, submitterId: ana.id },
    ]);
  },
);

test('of two who begin a review at two servers at once, one is refused, and one call is made', async () => {
  const sibling = await server.sibling();
  try {
    const connection = await connect({ host: '127.0.0.1', port: sibling.port });
    await connection.service('AuthenticationService').authenticate(ana.token);
    const both = [ana.templates, connection.service('JobTemplateService')];
    const drafts = await Promise.all(Array.from({ length: 20 }, draft));
    for (const [round, { id }] of drafts.entries()) {
      const callers = round % 2 ? both : both.toReversed();
      const outcomes = await Promise.allSettled(callers.map(templates => templates.beginReview(id)));
      const [lost, ...others] = outcomes.filter(outcome => outcome.status === 'rejected');
      expect(others).toEqual([]);
      expect(lost!.reason).toMatchObject({ errorCode: ErrorCode.NOOP, slug: 'already-in-review' });
    }
    await allDelivered();
    const told = receiver.got.map(({ body }) => JSON.parse(body).templateId);
    expect(told.sort()).toEqual(drafts.map(({ id }) => id).sort());
    await connection.close();
  } finally {
    await sibling.stop();
  }
});
