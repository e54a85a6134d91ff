/**
 * Jobs by the words that somebody searches for. Whether a job has a term is asked of its texts and of everything that has a name: its
 * people, its status, its current steps and to whom they are assigned. Where a term is rare, the full-text index and those of
 * assignments, of the names of current steps and of statuses name the jobs to ask; where it is not, jobs are asked in their order until
 * a page is full.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Term } from '../../domain/search.ts';
import { later } from '../compiled.ts';
import type { Engine } from '../engine.ts';
import { bytewise, isOneOf } from '../engine.ts';
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

/** Titles that the index of current steps is asked for. */
const MOST_TITLES = 1000;

/** Whether the jobs that have the term are worth asking indexes for. */
export const isIndexed = ({ users, titles }: ResolvedTerm): boolean =>
  users.length <= MOST_PEOPLE && titles.length <= MOST_TITLES;

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
  const most = sql.lit(MOST_LISTED);
  const named = sql.join(
    jobsNamed(engine, ({ terms }) => terms[place]!).map(
      jobs => sql`(select count(*) from (${jobs} limit ${most}) as named)`,
    ),
    sql` + `,
  );
  return sql`case when ${whole} >= ${most} then ${most} else ${begun} + ${named} end`;
}

/** The jobs with something that has a name: by each of the indexes that know some, those that `term` names. */
function jobsNamed(engine: Engine, term: (values: SearchValues) => ResolvedTerm): RawBuilder<unknown>[] {
  const of = (names: (term: ResolvedTerm) => readonly string[]) => later((values: SearchValues) => names(term(values)));
  const current = (column: RawBuilder<string>, names: readonly string[]) =>
    sql`select s.job_id from job_steps as s
      where s.team_id = ${teamId} and s.current = 1 and ${isOneOf(engine, column, names)}`;
  return [
    current(
      sql`s.assigned_to`,
      of(({ users, groups }) => [...users, ...groups]),
    ),
    current(
      sql`s.step_name`,
      of(({ titles }) => titles),
    ),
    jobsOfStatuses(
      engine,
      of(({ statuses }) => statuses),
    ),
  ];
}

const assignees = (place: number) =>
  later(({ terms }: SearchValues) => [...terms[place]!.users, ...terms[place]!.groups]);

/**
 * PostgreSQL, which plans without knowing how rare a status is, would read all jobs: in this order, and no more of them than are listed
 * anyway, each status is a look into the index.
 */
const jobsOfStatuses = (engine: Engine, statuses: readonly string[]): RawBuilder<unknown> =>
  engine === 'sqlite'
    ? sql`select j.job_id from jobs as j where j.team_id = ${teamId} and ${isOneOf(engine, sql`j.status`, statuses)}`
    : sql`select j.job_id from unnest(cast(${statuses} as text[])) as named(status) cross join lateral (
        select of_status.job_id from jobs as of_status
        where of_status.team_id = ${teamId} and ${bytewise(engine, sql`of_status.status`)} = named.status
        order by of_status.closed limit ${sql.lit(MOST_LISTED)}) as j`;

/** What a statement that searches gets when it runs. */
export interface SearchValues {
  readonly teamId: string;
  readonly terms: readonly ResolvedTerm[];
  /** The place of the term to begin with. */
  readonly first?: number | undefined;
}

/** The ids of jobs that may have the term `first`, all that have it among them, for a statement to begin with. */
export function listed(engine: Engine): RawBuilder<unknown> {
  const query = later(({ teamId, terms, first }: SearchValues) =>
    indexQuery(engine, teamId, terms[first!]!.term, terms[first!]!.users),
  );
  const named = jobsNamed(engine, ({ terms, first }) => terms[first!]!);
  return sql.join([indexedJobs(engine, teamId, query), ...named], sql` union all `);
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

/** Ends a text of something that is found by several. */
export const LINE = '\n';

/**
 * All that may have one of the terms in its name: `found` is the kind, `place` that of the term, `name` the title or status; of users
 * and groups the id, then behind a space what they are called.
 */
export function namesFound(engine: Engine): RawBuilder<NameFound> {
  const patterns = later(({ terms }: SearchValues) => JSON.stringify(terms.map(({ term }) => termPattern(term))));
  const each =
    engine === 'sqlite'
      ? sql`(select key as place, value as pattern from json_each(${patterns})) as term`
      : sql`(select cast(n as integer) - 1 as place, pattern
          from json_array_elements_text(cast(${patterns} as json)) with ordinality as t(pattern, n)) as term`;
  return sql<NameFound>`
    select 'users' as found, term.place, u.user_id || ' ' || u.name || ${LINE} || u.email as name from ${each}
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
  /** -1: any. The caller looks whether the name has the term: of users a key is asked that has name and address in a row. */
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
