/**
 * Jobs by the words that somebody searches for. Whether a job has a term is asked of its texts and of everything that has a name: its
 * people, its status, its current steps and to whom they are assigned. Where a term is rare, the full-text index and that of
 * assignments name the jobs to ask; where it is not, jobs are asked in their order until a page is full.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Term } from '../../domain/search.ts';
import { later } from '../compiled.ts';
import type { Engine } from '../engine.ts';
import { isOneOf } from '../engine.ts';
import { ITS_STEPS } from '../filter/jobs.ts';
import { countIndexed, indexedJobs, indexQuery, termPattern } from '../job-texts.ts';

/** A term with all that has a name of which it is a part. */
export interface ResolvedTerm {
  readonly term: Term;
  /** Ids of users; of groups. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly statuses: readonly string[];
  readonly titles: readonly string[];
}

/** Of more jobs than this a list is not made: they are asked one by one. */
export const MOST_LISTED = 2000;
/** Users that the full-text index is asked for with a term. */
const MOST_PEOPLE = 50;

/** Whether the jobs that have the term can be told by indexes alone. */
export const isIndexed = ({ users, statuses, titles }: ResolvedTerm): boolean =>
  statuses.length === 0 && titles.length === 0 && users.length <= MOST_PEOPLE;

const teamId = later((values: SearchValues) => values.teamId);

/** The first of these places whose term few jobs have. What comes behind it is not counted any more. */
export function firstRare(engine: Engine, places: readonly number[]): RawBuilder<{ place: number }> {
  const counts = places.map(place => sql`select ${sql.lit(place)} as place, ${countOf(engine, place)} as n`);
  return sql`select place from (${sql.join(counts, sql` union all `)}) as counted
    where n < ${sql.lit(MOST_LISTED)} limit 1`;
}

/**
 * How many rows of the indexes name a term, counted up to MOST_LISTED. Words that do not go on come first: the index counts them as it
 * reads, while it must have read all that goes on from a word before it counts any.
 */
function countOf(engine: Engine, place: number): RawBuilder<number> {
  const [whole, begun] = [false, true].map(goesOn => {
    const query = later(({ teamId, terms }: SearchValues) =>
      indexQuery(engine, teamId, terms[place]!.term, terms[place]!.users, goesOn),
    );
    return countIndexed(engine, teamId, query, MOST_LISTED);
  });
  const steps = assignedJobs(engine, assignees(place));
  const most = sql.lit(MOST_LISTED);
  return sql`case when ${whole} >= ${most} then ${most}
    else ${begun} + (select count(*) from (${steps} limit ${most}) as assigned) end`;
}

const assignees = (place: number) =>
  later(({ terms }: SearchValues) => [...terms[place]!.users, ...terms[place]!.groups]);

const assignedJobs = (engine: Engine, to: readonly string[]): RawBuilder<unknown> =>
  sql`select s.job_id from job_steps as s
    where s.team_id = ${teamId} and s.current = 1 and ${isOneOf(engine, sql`s.assigned_to`, to)}`;

/** What a statement that searches gets when it runs. */
export interface SearchValues {
  readonly teamId: string;
  readonly terms: readonly ResolvedTerm[];
  /** The place of the term to begin with. */
  readonly first?: number | undefined;
}

/** The ids of jobs that have the term `first`, for a statement to begin with. */
export function listed(engine: Engine): RawBuilder<unknown> {
  const query = later(({ teamId, terms, first }: SearchValues) =>
    indexQuery(engine, teamId, terms[first!]!.term, terms[first!]!.users),
  );
  const to = later(({ terms, first }: SearchValues) => [...terms[first!]!.users, ...terms[first!]!.groups]);
  return sql`${indexedJobs(engine, teamId, query)} union all ${assignedJobs(engine, to)}`;
}

/** Whether a job of the table `jobs` has the term at this place. */
export function hasTerm(engine: Engine, place: number): RawBuilder<SqlBool> {
  const of = (list: 'statuses' | 'users' | 'titles') => later(({ terms }: SearchValues) => terms[place]![list]);
  const pattern = later(({ terms }: SearchValues) => termPattern(terms[place]!.term));
  // PostgreSQL would search the texts of all jobs first.
  const each = engine === 'postgres' ? sql`offset 0` : sql``;
  const among = (column: RawBuilder<unknown>, values: readonly string[]) =>
    isOneOf(engine, column as RawBuilder<string>, values);
  return sql`(
    exists (select 1 from job_texts as x where x.team_id = jobs.team_id and x.job_id = jobs.job_id and x.words like ${pattern} ${each})
    or ${among(sql`jobs.status`, of('statuses'))}
    or ${among(sql`jobs.owned_by`, of('users'))} or ${among(sql`jobs.created_by`, of('users'))}
    or exists (select 1 from job_steps as filter_step where ${ITS_STEPS}
      and (${among(sql`filter_step.step_name`, of('titles'))} or ${among(sql`filter_step.assigned_to`, assignees(place))}) ${each}))`;
}

/** All that has one of the terms in its name: `found` is the kind, `place` that of the term, `name` its id. */
export function namesFound(engine: Engine): RawBuilder<NameFound> {
  const patterns = later(({ terms }: SearchValues) => JSON.stringify(terms.map(({ term }) => termPattern(term))));
  const each =
    engine === 'sqlite'
      ? sql`(select key as place, value as pattern from json_each(${patterns})) as term`
      : sql`(select cast(n as integer) - 1 as place, pattern
          from json_array_elements_text(cast(${patterns} as json)) with ordinality as t(pattern, n)) as term`;
  return sql<NameFound>`
    select 'users' as found, term.place, u.user_id as name from ${each}
    join memberships as m on m.team_id = ${teamId} join users as u on u.user_id = m.user_id
    where u.search_key like term.pattern
    union all
    select 'titles', term.place, s.title from ${each}
    join step_titles as s on s.team_id = ${teamId} where s.words like term.pattern
    union all
    select 'groups', -1, group_id || ' ' || name from groups where team_id = ${teamId}
    union all
    select 'statuses', -1, status from (${statuses(engine)}) as known`;
}

export interface NameFound {
  readonly found: 'users' | 'titles' | 'groups' | 'statuses';
  /** -1: any; the caller looks whether the name has the term. */
  readonly place: number;
  readonly name: string;
}

/** The statuses that jobs of the team have: from one to the next in the index, not from job to job. */
function statuses(engine: Engine): RawBuilder<unknown> {
  const status = engine === 'sqlite' ? sql`status` : sql`status collate "C"`;
  return sql`
    with recursive known(status) as (
      select (select ${status} from jobs where team_id = ${teamId} order by ${status} limit 1)
      union all
      select (select ${status} from jobs where team_id = ${teamId} and ${status} > known.status order by ${status} limit 1)
      from known where known.status is not null
    ) select status from known where status is not null`;
}
