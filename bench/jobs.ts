/**
 * What queries of jobs, and work on them, cost beside 10,000 jobs and beside 1,000,000: the same calls, on data of the same kind
 * (job-data.ts). README.md says how to read the table.
 */
import SQLite from 'better-sqlite3';
import { type JobStatisticsDetails, type Query, SortOrderType } from '#gen/jobs_types';
import type { ClientConnection } from '../src/client/connect.ts';
import { dataOf, fileIn, logIn, serveIn } from './job-data.ts';
import { type Measured, measure, residentMegabytes } from './measure.ts';

const FEW = 10_000;
const MANY = 1_000_000;
const CONNECTIONS = 8;
const CALLS = 200;

export interface JobOperation extends Measured {
  readonly operation: string;
  /** What the bare database does per second of the same statement, on the same file; NaN where it is not asked. */
  readonly barePerSecond: number;
}

export interface JobFigures {
  readonly jobs: number;
  readonly rows: readonly JobOperation[];
  readonly statisticsMilliseconds: number;
  readonly megabytes: number;
}

/** @param million also with a million jobs, which takes minutes the first time */
export async function measureJobs(million: boolean, print: (line: string) => void): Promise<JobFigures[]> {
  const figures: JobFigures[] = [];
  for (const jobs of million ? [FEW, MANY] : [FEW]) figures.push(await measureBeside(jobs, print));
  for (const line of lines(figures)) print(line);
  return figures;
}

async function measureBeside(jobs: number, print: (line: string) => void): Promise<JobFigures> {
  const folder = await dataOf(jobs, print);
  const server = await serveIn(folder, 'FULL');
  const database = new SQLite(fileIn(folder), { readonly: true });
  try {
    const connections = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) => logIn(server.address, index % 2 === 0 ? undefined : 'worker')),
    );
    const rows: JobOperation[] = [];
    for (const { operation, call, bare } of await operations(connections, database)) {
      const measured = await measure(CONNECTIONS, CALLS, call);
      rows.push({
        operation,
        ...measured,
        barePerSecond: bare ? (await measure(1, CALLS, async () => bare())).perSecond : Number.NaN,
      });
    }
    const all: JobStatisticsDetails = { q: 'closed = 0 OR closed = 1', groupBy: 'jobStatus' };
    const { p50 } = await measure(1, 2, () => jobsOf(connections[0]!).calculateJobStatistics(all));
    const megabytes = await residentMegabytes(server.pid);
    await Promise.all(connections.map(connection => connection.close()));
    return { jobs, rows, statisticsMilliseconds: p50, megabytes };
  } finally {
    database.close();
    await server.end('SIGTERM');
  }
}

const jobsOf = (connection: ClientConnection) => connection.service('JobsService');

interface Operation {
  readonly operation: string;
  readonly call: (worker: number) => Promise<unknown>;
  readonly bare?: () => unknown;
}

/** What is asked with `$now` is never answered from memory. */
const EVER = 'createdDate < $now + 1d';
const BY_PRIORITY_AND_DUE_DATE = ['priority', 'dueDate'].map(field => ({ field, sortOrder: SortOrderType.Asc }));
const FIELDS = ['jobId', 'jobName', 'priority', 'dueDate'];

async function operations(connections: readonly ClientConnection[], database: SQLite.Database): Promise<Operation[]> {
  const jobs = (worker: number) => jobsOf(connections[worker]!);
  const asked = (query: Query) => (worker: number) => jobs(worker).queryJobs({ fields: FIELDS, ...query });
  const { team_id, template_id } = database.prepare('select team_id, template_id from jobs limit 1').get() as Record<
    'team_id' | 'template_id',
    string
  >;
  const ids = (await jobs(0).queryJobs({ q: EVER, num: 1000, start: 0, fields: ['jobId'] })).results.map(
    ([id]) => id!.text!,
  );
  const { jobIds: work } = await jobs(0).createJobs(template_id, { numberOfJobs: 8 * CALLS, assignedType: 0 });
  let next = 0;
  const page = database.prepare(`select job_id, job_name, priority, due_date from jobs
    where team_id = ? and closed = ? and created_at < ?
    order by priority, coalesce(due_date, 9007199254740991), job_id limit 51`);
  const one = database.prepare('select * from jobs where team_id = ? and job_id = ?');
  let word = 0;
  const { lastNumber } = database.prepare('select max(job_number) as lastNumber from teams').get() as {
    lastNumber: number;
  };
  return [
    {
      operation: 'getJob',
      call: worker => jobs(worker).getJob(ids[next++ % ids.length]!, {}),
      bare: () => one.get(team_id, ids[next++ % ids.length]),
    },
    {
      operation: 'start + finish of a step',
      call: async worker => {
        const id = work[next++ % work.length]!;
        // Not by the worker: whoever runs a step has the next one, and its list would grow.
        await jobs(worker & ~1).startSteps(id, []);
        await jobs(worker & ~1).finishSteps(id, []);
      },
    },
    {
      operation: 'open, by priority and due date',
      call: asked({ q: `closed = 0 AND ${EVER}`, sortFields: BY_PRIORITY_AND_DUE_DATE, num: 50 }),
      bare: () => page.all(team_id, 0, Number.MAX_SAFE_INTEGER),
    },
    {
      operation: 'the same, nothing committed between',
      call: asked({ q: 'closed = 0', sortFields: BY_PRIORITY_AND_DUE_DATE, num: 50 }),
    },
    {
      operation: 'my current steps',
      call: worker => asked({ q: `assignedTo = $currentUser AND ${EVER}`, num: 50 })(worker | 1),
    },
    { operation: 'of a template', call: asked({ q: `jobTemplateId = '${template_id}' AND ${EVER}`, num: 50 }) },
    {
      operation: 'search for words',
      call: asked({
        get search() {
          return ['culvert', 'look culvert', "'the culvert' dam", 'culv beh'][word++ % 4]!;
        },
        q: EVER,
        num: 50,
      }),
    },
    {
      operation: 'search for a number',
      call: worker => asked({ search: `JOB_${lastNumber - (word++ % 5000)}`, q: EVER, num: 50 })(worker),
    },
    { operation: 'search for what many have', call: asked({ search: 'parcel mill', q: EVER, num: 50 }) },
  ];
}

function* lines(figures: readonly JobFigures[]): Generator<string> {
  const [few, many] = figures as [JobFigures, JobFigures?];
  yield `beside ${FEW} jobs, 8 in flight          calls/s   p50 ms   p99 ms   bare/s   ratio${many ? `   beside ${MANY}: calls/s   p50 ms   p99 ms   p99 over p99` : ''}`;
  for (const [index, row] of few.rows.entries()) {
    const other = many?.rows[index];
    yield [
      row.operation.padEnd(38),
      row.perSecond.toFixed(0).padStart(9),
      row.p50.toFixed(2).padStart(8),
      row.p99.toFixed(2).padStart(8),
      number(row.barePerSecond, 0).padStart(8),
      number(row.perSecond / row.barePerSecond, 3).padStart(7),
      ...(other
        ? [
            other.perSecond.toFixed(0).padStart(26),
            other.p50.toFixed(2).padStart(8),
            other.p99.toFixed(2).padStart(8),
            (other.p99 / row.p99).toFixed(2).padStart(14),
          ]
        : []),
    ].join(' ');
  }
  for (const { jobs, statisticsMilliseconds, megabytes } of figures)
    yield `${jobs} jobs: statistics by status ${statisticsMilliseconds.toFixed(0)} ms, resident memory ${megabytes.toFixed(0)} MB`;
}

const number = (value: number, digits: number): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
