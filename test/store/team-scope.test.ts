/** The statements on the list of those that name no team (test/support/team-scope/heard.ts): each is made, and strays. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Reader, Store, Transactor } from '../../src/store/database.ts';
import { engine, freshDatabase, type TestDatabase } from '../support/database.ts';
import { exceptionFor, overAllTeams } from '../support/team-scope/heard.ts';
import { faultsOf, teamTablesOf } from '../support/team-scope/scope.ts';
import { addTeam, open } from './support.ts';

let database: TestDatabase;
let store: Store;
let statements: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  store = await open(database.settings, text => statements.push(text));
  await addTeam(store, 't');
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const reading = (ask: (reader: Reader) => Promise<unknown>) => () => store.read(ask);
const writing = (act: (tx: Transactor) => Promise<unknown>) => () => store.transact(act);
const key = { team_id: 't', job_id: 'j' };

const made: Readonly<Record<string, () => Promise<unknown>>> = {
  'who calls': reading(it => it.tokens.callerByTokenHash('h')),
  'teams of a user': reading(it => it.people.teamIdsOf('u')),
  'team by its short name': reading(it => it.people.teamBySubdomain('plant')),
  'teams are locked': writing(tx => tx.people.lockTeams()),
  'jobs are locked': writing(tx => tx.jobLocks.lock(['t'], ['j'])),
  'sums are added to heads': writing(tx =>
    tx.jobs.addToHeads([{ ...key, open_holds: 1, waited_for: 0, history_seq: 1, revision: 1 }]),
  ),
  'holds are released': writing(tx => tx.holds.release([{ ...key, hold_id: 'h' } as never], 1, null)),
  'each job of a list is changed': writing(tx => tx.jobLists.changeEach([{ ...key, status: 'Closed' }])),
  'each step of a list is changed': writing(tx => tx.jobLists.changeSteps([{ ...key, step_id: 's', current: 1 }])),
  'holds due next': reading(it => it.holds.nextRelease()),
  'holds that are due': writing(tx => tx.holds.due(1, 10)),
  'runs that are due': reading(it => it.runs.isDue(['call'], 1)),
  'runs are taken': writing(tx => tx.runs.take(['call'], 1, 2, 10)),
  'calls of webhooks that are due': reading(it => it.webhooks.isDue(1)),
  'calls of webhooks are taken': writing(tx => tx.webhooks.take(1, 2, 10)),
  'calls of webhooks that were given up': writing(tx => tx.webhooks.forgetGivenUp(1)),
  'event webhooks that have something to send': reading(it => it.eventWebhooks.waiting(1, 10)),
  'teams with news': reading(it => it.events.teamsWithNews([{ team_id: 't', xid: 0, event_id: 0 }])),
  'teams with old events': reading(it => it.events.teamsWithOlder(1)),
};

/** SQLite has one writer, and no rows to lock. */
const here = Object.keys(overAllTeams).filter(name => engine === 'postgres' || !/are locked$/.test(name));
/** What is joined with rows that were given does not stray on SQLite. */
const GIVEN = /^(sums|holds are released|each |teams with news)/;

test.each(here)('%s', async name => {
  statements = [];
  await made[name]!();
  const own = statements.filter(text => exceptionFor(text) === name);
  expect(own).toHaveLength(1);
  expect(teamTablesOf(engine, own[0]!)).toEqual([...overAllTeams[name]!.tables].sort());
  expect(faultsOf(engine, own[0]!).length > 0).toBe(engine === 'postgres' || !GIVEN.test(name));
});

test('there is nothing else to be made', () => {
  expect(Object.keys(made)).toEqual(Object.keys(overAllTeams));
});
