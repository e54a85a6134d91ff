/**
 * The statements of servers under test, each looked at once: whether it keeps to its teams (scope.ts). Those that cannot are listed here;
 * docs/scaling.md has the same list.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Store } from '../../../src/store/database.ts';
import type { Engine } from '../../../src/store/engine.ts';
import { faultsOf } from './scope.ts';

export interface Exception {
  /** As the statement begins on either engine, without quotation marks and in one line. */
  readonly begins: RegExp;
  /** Its tables of teams. */
  readonly tables: readonly string[];
  readonly why: string;
}

/** What asks over all teams, or does not know the team yet. */
export const overAllTeams: Readonly<Record<string, Exception>> = {
  'who calls': {
    begins: /^select tokens\.token_id, .* where tokens\.token_hash = \S+$/,
    tables: ['group_members', 'groups', 'memberships'],
    why: 'A token says who calls, and its teams are the answer. Kept for a moment by each process.',
  },
  'teams of a user': {
    begins: /^select team_id from memberships where user_id = \S+ and removed_at is null$/,
    tables: ['memberships'],
    why: 'Asked when an account is changed as a whole: the teams are the answer.',
  },
  'team by its short name': {
    begins: /^select team_id from teams where subdomain = \S+ and subdomain <> ''$/,
    tables: ['teams'],
    why: 'The team is the answer.',
  },
  'teams are locked': {
    begins: /^lock table teams in share row exclusive mode$/,
    tables: ['teams'],
    why: 'Short names are unique over all teams: taken before one is given, on PostgreSQL.',
  },
  'jobs are locked': {
    begins:
      /^select (job_id|job_id, waited_for|\*) from jobs where team_id = any\(\S+\) and job_id = any\(.*\) order by .*job_id(, team_id)? for update$/,
    tables: ['jobs'],
    why: 'On PostgreSQL, before an act on several jobs. It names the teams: of a list those of the caller, of holds those of the jobs.',
  },
  'sums are added to heads': {
    begins:
      /^update jobs set open_holds = jobs\.open_holds \+ d\.open_holds, .* where jobs\.team_id = d\.team_id and jobs\.job_id = d\.job_id$/,
    tables: ['jobs'],
    why: 'The teams stand in the rows that are given: some heads of jobs, by their keys.',
  },
  'holds are released': {
    begins:
      /^update job_holds set released_date = .* where job_holds\.team_id = d\.team_id and job_holds\.job_id = d\.job_id /,
    tables: ['job_holds'],
    why: 'The teams stand in the rows that are given: holds, by their keys.',
  },
  'each job of a list is changed': {
    begins: /^update jobs set .* as new where jobs\.team_id = new\.team_id and jobs\.job_id = new\.job_id$/,
    tables: ['jobs'],
    why: 'The teams stand in the rows that are given: heads of jobs, by their keys.',
  },
  'each step of a list is changed': {
    begins:
      /^update job_steps set .* as new where job_steps\.team_id = new\.team_id and job_steps\.job_id = new\.job_id /,
    tables: ['job_steps'],
    why: 'The teams stand in the rows that are given: steps of jobs, by their keys.',
  },
  'holds due next': {
    begins: /^select scheduled_release from job_holds where scheduled_release is not null and released_date is null /,
    tables: ['job_holds'],
    why: 'Asked once a second by each process: the first row of an index of open holds with a time.',
  },
  'holds that are due': {
    begins: /^select \* from job_holds where scheduled_release <= \S+ and released_date is null /,
    tables: ['job_holds'],
    why: 'Asked when one is due: the first 500 rows of the same index.',
  },
  'runs that are due': {
    begins: /^select run from job_runs where next_at <= \S+ and kind in /,
    tables: ['job_runs'],
    why: 'Asked once a second by each lane of each process: one row of an index of runs with a time.',
  },
  'runs are taken': {
    begins: /^update job_runs set next_at = \S+, attempts = attempts \+ 1 where \(team_id, job_id, step_id\) in /,
    tables: ['job_runs'],
    why: 'When one is due: as many rows of the same index as the lane has places.',
  },
  'calls of webhooks that are due': {
    begins: /^select delivery_id from webhook_deliveries where next_at <= \S+ limit /,
    tables: ['webhook_deliveries'],
    why: 'Asked once a second by each process: one row of an index of calls with a time.',
  },
  'calls of webhooks are taken': {
    begins: /^update webhook_deliveries set next_at = \S+, attempts = attempts \+ 1 where \(team_id, delivery_id\) in /,
    tables: ['webhook_deliveries'],
    why: 'When one is due: as many rows of the same index as the worker has places.',
  },
  'calls of webhooks that were given up': {
    begins: /^delete from webhook_deliveries where next_at is null and queued_at < \S+$/,
    tables: ['webhook_deliveries'],
    why: 'Once in a while: what nobody tries any more is kept for 30 days. There are few.',
  },
  'event webhooks that have something to send': {
    begins: /^select w\.\* from event_webhooks as w where w\.next_at <= /,
    tables: ['event_webhooks', 'events'],
    why: 'Asked behind events and once a second: the webhooks whose time has come, and for each one look into the key of events.',
  },
  'teams with news': {
    begins:
      /^select t\.team_id from .* as t(\(.*\))? where exists \( select 1 from events as e where e\.team_id = t\.team_id /,
    tables: ['events'],
    why: 'Those who wait in this process: one look into the key of events for each of their teams.',
  },
  'teams with old events': {
    begins: /^select t\.team_id from teams as t where \( select e\.at from events as e /,
    tables: ['events', 'teams'],
    why: 'Once in a while, before events of more than a week are deleted team by team: one look into the key of events per team.',
  },
};

const inOneLine = (text: string): string => text.replaceAll('"', '').replace(/\s+/g, ' ').trim();

/** @returns the name of the exception that the statement is */
export const exceptionFor = (text: string): string | undefined =>
  Object.keys(overAllTeams).find(name => overAllTeams[name]!.begins.test(inOneLine(text)));

/** What was found wrong with a statement before: servers come and go, their statements are the same. */
const looked = new Map<string, string | undefined>();

/** @returns each statement that names no team where it should, with what is wrong */
export const straying = (engine: Engine, texts: Iterable<string>): string[] =>
  [...texts].flatMap(text => {
    const key = `${engine} ${text}`;
    if (!looked.has(key)) looked.set(key, faultOf(engine, text));
    return looked.get(key) ?? [];
  });

function faultOf(engine: Engine, text: string): string | undefined {
  if (exceptionFor(text)) return undefined;
  const faults = faultsOf(engine, text);
  return faults.length > 0 ? `${faults.join('; ')}: ${inOneLine(text)}` : undefined;
}

const byTest = new AsyncLocalStorage<true>();

/** Whether what runs now was asked for by a test past the interface. */
export const isOfTest = (): boolean => byTest.getStore() === true;

/** The store for a test to look into: what it asks there is no statement of the server. */
export const lookingInto = (store: Store): Store =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => byTest.run(true, () => value.apply(target, given));
    },
  });
