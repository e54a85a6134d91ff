/** The check that statements keep to their teams (test/support/team-scope): what it lets pass, and what it finds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { overAllTeams, straying } from '../support/team-scope/heard.ts';
import { placed } from '../support/team-scope/placement.ts';
import { faultsOf, teamTablesOf } from '../support/team-scope/scope.ts';

const onPostgres = (text: string): string[] => faultsOf('postgres', text);
const lost = (table: string): string => `nothing says of which team the rows of ${table} are`;

describe('it lets pass', () => {
  test.each([
    ['a table without teams', 'select * from users where email = $1'],
    ['no table', 'select $1::text as one'],
    ['the team as a parameter', 'select * from jobs where team_id = $1 and job_id = $2'],
    ['the parameter first', 'select * from "jobs" as "j" where $1 = "j"."team_id"'],
    ['a parameter with a type', 'select * from jobs where team_id = $1::text'],
    ['one of several teams', 'select * from jobs where team_id = any($1) and job_id = any($2)'],
    ['rows of one team that are locked', 'select * from jobs where team_id = $1 for update'],
    ['rows on every node that are locked', 'select * from teams where team_id = any($1) for update'],
    ['tables of the coordinator', 'select * from events e join teams t on t.team_id = e.team_id where e.team_id = $1'],
    ['one of a list', 'select * from jobs where team_id in ($1, $2)'],
    ['whole keys', 'select * from jobs where (team_id, job_id) in (values ($1, $2), ($3, $4))'],
    ['equal keys', 'select * from jobs where (team_id, job_id) = ($1, $2)'],
    [
      'either of two rows of teams',
      'select * from jobs where (team_id = $1 and job_id = $2) or (team_id = $3 and job_id = $4)',
    ],
    [
      'a join by team',
      'select * from jobs j inner join job_steps s on s.team_id = j.team_id and s.job_id = j.job_id where j.team_id = $1',
    ],
    [
      'a join in which each names the team',
      'select * from jobs j, job_steps s where s.team_id = $1 and j.team_id = $2 and s.job_id = j.job_id',
    ],
    ['a join by columns of one name', 'select * from memberships join users using (user_id) where team_id = $1'],
    [
      'a left join by team',
      'select * from jobs j left join job_steps s on s.team_id = j.team_id and s.job_id = j.job_id where j.team_id = $1',
    ],
    [
      'a subquery that hangs on the query around it',
      `select * from jobs j where j.team_id = $1 and exists (
        select 1 from job_steps s where s.team_id = j.team_id and s.job_id = j.job_id)`,
    ],
    [
      'rows that were given, of teams that are named',
      `select * from unnest($1::text[], $2::text[]) as d(team_id, job_id)
        join jobs j on j.team_id = d.team_id and j.job_id = d.job_id where j.team_id = any($3)`,
    ],
    [
      'a query with a name',
      'with few as (select team_id, job_id from jobs where team_id = $1) select * from few join job_steps s on s.team_id = few.team_id',
    ],
    [
      'a way along a table',
      `with recursive chain(job_id) as (
        select job_id from jobs where team_id = $1 and job_id = $2
        union all select j.parent_job from chain inner join jobs j on j.job_id = chain.job_id where j.team_id = $3)
      select job_id from chain`,
    ],
    ['a union', 'select job_id from jobs where team_id = $1 union select job_id from job_steps where team_id = $2'],
    [
      'a union in its place',
      `select * from (select team_id, job_id from jobs where team_id = $1 union select team_id, job_id from job_steps where team_id = $2)
        as p join jobs j on j.team_id = p.team_id and j.job_id = p.job_id`,
    ],
    ['an insert', 'insert into tags (team_id, tag_id) values ($1, $2) on conflict (team_id, tag_id) do nothing'],
    [
      'an insert of what is there',
      'insert into tags (team_id, tag_id) select team_id, job_id from jobs where team_id = $1',
    ],
    ['an update', 'update jobs set status = $1 where team_id = $2 and job_id = $3 returning job_id'],
    [
      'an update by rows that were given',
      `update jobs set status = d.status from (select team_id, status from json_to_recordset($1) as t(team_id text, status text)) as d
        where jobs.team_id = d.team_id and jobs.team_id = any($2)`,
    ],
    ['a delete', 'delete from jobs where team_id = $1 and job_id = any($2)'],
  ])('%s', (_what, text) => {
    expect(onPostgres(text)).toEqual([]);
  });
});

describe('it finds', () => {
  test.each([
    ['no condition', 'select * from jobs', [lost('jobs')]],
    ['a condition on something else', 'select * from jobs where job_id = $1', [lost('jobs')]],
    ['a team that is only told', 'select team_id from jobs where job_id = $1', [lost('jobs')]],
    ['a team in the order alone', 'select * from jobs where job_id = $1 order by team_id', [lost('jobs')]],
    ['another comparison', 'select * from jobs where team_id > $1', [lost('jobs')]],
    ['all teams but one', 'select * from jobs where team_id <> $1', [lost('jobs')]],
    ['the opposite', 'select * from jobs where not (team_id = $1)', [lost('jobs')]],
    ['all teams but some', 'select * from jobs where team_id not in ($1, $2)', [lost('jobs')]],
    ['a team that equals itself', 'select * from jobs where team_id = team_id', [lost('jobs')]],
    ['a team by a column of another kind', 'select * from jobs where team_id = job_id', [lost('jobs')]],
    ['one side of an or', 'select * from jobs where team_id = $1 or job_id = $2', [lost('jobs')]],
    ['the other side of an or', 'select * from jobs where job_id = $2 or team_id = $1', [lost('jobs')]],
    ['an alias', 'select * from jobs j where j.job_id = $1', [lost('jobs j')]],
    [
      'a join by another column',
      'select * from jobs j join job_steps s on s.job_id = j.job_id where j.team_id = $1',
      [lost('job_steps s')],
    ],
    [
      'tables that name only each other',
      'select * from jobs j join job_steps s on s.team_id = j.team_id and s.job_id = j.job_id',
      [lost('jobs j'), lost('job_steps s')],
    ],
    [
      'the left side of a left join, which its condition does not bind',
      'select * from jobs j left join job_steps s on s.team_id = $1 and j.team_id = $2',
      [lost('jobs j')],
    ],
    [
      'a column of a table without teams',
      'select * from users u join memberships m on m.team_id = u.user_id where u.user_id = $1',
      [lost('memberships m')],
    ],
    [
      'a subquery for itself',
      'select * from jobs where team_id = $1 and job_id in (select job_id from job_steps where step_id = $2)',
      [lost('job_steps')],
    ],
    [
      'a subquery that gives another column',
      'select * from jobs where team_id in (select user_id from users where email = $1)',
      [lost('jobs')],
    ],
    ['a query with a name', 'with few as (select job_id from jobs) select * from few', [lost('jobs')]],
    [
      'a table behind the name of a query',
      'with few as (select $1::text as job_id) select * from few join jobs j on j.job_id = few.job_id',
      [lost('jobs j')],
    ],
    ['a value that is asked for', 'select (select count(*) from jobs) as n', [lost('jobs')]],
    [
      'one side of a union',
      'select job_id from jobs where team_id = $1 union select job_id from job_steps',
      [lost('job_steps')],
    ],
    ['an insert', 'insert into tags (tag_id) values ($1)', ['an insert into tags does not name team_id']],
    [
      'a conflict with other teams',
      'insert into tags (team_id, tag_id) values ($1, $2) on conflict (tag_id) do nothing',
      ['the conflict of an insert into tags is not one of the team'],
    ],
    ['what an insert reads', 'insert into tags (team_id) select team_id from jobs', [lost('jobs')]],
    ['an update', 'update jobs set status = $1 where job_id = $2', [lost('jobs')]],
    [
      'a row that goes to another team',
      'update jobs set team_id = $1 where team_id = $2',
      ['an update changes team_id of jobs'],
    ],
    ['a delete', 'delete from jobs where job_id = $1', [lost('jobs')]],
    [
      'teams that stand only in rows that were given',
      'update jobs set status = d.status from unnest($1::text[], $2::text[]) as d(team_id, status) where jobs.team_id = d.team_id',
      [lost('jobs')],
    ],
    [
      'and the same in a subquery',
      'select * from unnest($1::text[]) as d(team_id) where exists (select 1 from jobs j where j.team_id = d.team_id)',
      [lost('jobs j')],
    ],
    [
      'a subquery of a table that is lost itself',
      'select * from tags t where exists (select 1 from jobs j where j.team_id = t.team_id)',
      [lost('tags t')],
    ],
    [
      'rows of several teams that are locked',
      'select * from jobs where team_id = any($1) for update',
      ['rows of jobs are locked, and there may be several teams'],
    ],
    [
      'what lies on the coordinator with what does not',
      'select * from jobs j join events e on e.team_id = j.team_id where j.team_id = $1',
      ['events, on the coordinator, and jobs are in one statement'],
    ],
    [
      'several teams that may be mixed',
      'select * from jobs j, job_steps s where j.team_id = any($1) and s.team_id = any($2)',
      ['job_steps s is not joined by team_id, and there may be several teams'],
    ],
  ])('%s', (_what, text, faults) => {
    expect(onPostgres(text)).toEqual(faults);
  });
});

describe('of SQLite', () => {
  test.each([
    ['parameters without numbers', 'select * from "jobs" where "team_id" = +? and "job_id" = +?', []],
    ['lists', 'select * from jobs where team_id = ? and job_id in (select value from json_each(?))', []],
    ['lists of teams', 'select * from jobs where team_id in (select value from json_each(?))', []],
    ['what the planner is told', 'select * from jobs where likelihood(team_id = ?, 0.9) and job_id = ?', []],
    [
      'an order of joins',
      'select * from json_each(?) as gone cross join jobs as c on c.team_id = ? and c.job_id = gone.value',
      [],
    ],
    [
      'rows that were given',
      'update jobs set status = d.status from (select a.value as team_id, 1 as status from json_each(?) as a) as d where jobs.team_id = d.team_id',
      [],
    ],
    ['patterns', 'select * from jobs where team_id = ? and job_name not glob ?', []],
    ['lists that are no teams', 'select * from jobs where job_id in (select value from json_each(?))', [lost('jobs')]],
    [
      'what the planner is told of something else',
      'select * from jobs where likelihood(job_id = ?, 0.9)',
      [lost('jobs')],
    ],
  ])('it knows %s', (_what, text, faults) => {
    expect(faultsOf('sqlite', text)).toEqual(faults);
  });
});

test('what cannot be read does not pass', () => {
  expect(() => onPostgres('select from from')).toThrow('syntax error at or near "from", in: select from from');
  expect(() => onPostgres('select * from jobs join job_steps using (team_id) where team_id = $1')).toThrow(
    'a join of an unknown kind, in: select',
  );
  expect(() => onPostgres('select * from jobs, job_steps where team_id = $1')).toThrow(
    'team_id may be of jobs or job_steps',
  );
});

test('the tables of teams in a statement are told', () => {
  expect(teamTablesOf('postgres', 'select * from users, jobs where exists (select 1 from tags)')).toEqual([
    'jobs',
    'tags',
  ]);
});

test('a statement that strays is told with what is wrong, and one on the list is not', () => {
  const allowed = 'select "team_id" from "teams" where "subdomain" = $1 and "subdomain" <> \'\'';
  expect(straying('postgres', ['select *\n  from "jobs"', allowed])).toEqual([`${lost('jobs')}: select * from jobs`]);
});

describe('docs/scaling.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8');
  const rowsBelow = (heading: string): string[][] => {
    const [, table = ''] = page.split(`\n${heading}\n|---|---|---|\n`);
    const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
    return rows.map(row => row.slice(2, -2).split(' | '));
  };

  test('has the list of what asks over all teams, word by word', () => {
    expect(rowsBelow('| statement | tables | why, and how much it is |')).toEqual(
      Object.entries(overAllTeams).map(([name, { tables, why }]) => [name, tables.join(', '), why]),
    );
  });

  test('has each table where citus.sql puts it', () => {
    const inOrder = (place: string) => placed.filter(it => it.place === place).map(({ table }) => table);
    expect(rowsBelow('| where | how | tables |').map(([, , names]) => names!.split(', '))).toEqual([
      inOrder('distributed'),
      inOrder('reference'),
      inOrder('local'),
    ]);
  });
});
