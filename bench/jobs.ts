/**
 * What queries of jobs, and work on them, cost beside 10,000 jobs and beside 1,000,000: the same calls, on data of the same kind
 * (job-data.ts). README.md says how to read the table.
 */
import { type JobStatisticsDetails, type Query, SortOrderType } from '#gen/jobs_types';
import type { ClientConnection } from '../src/client/connect.ts';
import { dataOf, logIn, serveIn } from './job-data.ts';
import { type Measured, measure, residentMegabytes } from './measure.ts';

const FEW = 10_000;
const MANY = 1_000_000;
/** Resident, what is asked for. */
const MOST_MEGABYTES: Readonly<Record<number, number>> = { [FEW]: 200, [MANY]: 300 };
const CONNECTIONS = 8;
const CALLS = 200;

export interface JobOperation extends Measured {
  readonly operation: string;
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
  try {
    const connections = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) => logIn(server.address, index % 2 === 0 ? undefined : 'worker')),
    );
    const rows: JobOperation[] = [];
    for (const { operation, call } of await operations(connections))
      rows.push({ operation, ...(await measure(CONNECTIONS, CALLS, call, server.pid)) });
    const all: JobStatisticsDetails = { q: 'closed = 0 OR closed = 1', groupBy: 'jobStatus' };
    const { p50 } = await measure(1, 2, () => jobsOf(connections[0]!).calculateJobStatistics(all));
    const megabytes = await residentMegabytes(server.pid);
    await Promise.all(connections.map(connection => connection.close()));
    return { jobs, rows, statisticsMilliseconds: p50, megabytes };
  } finally {
    await server.end('SIGTERM');
  }
}

const jobsOf = (connection: ClientConnection) => connection.service('JobsService');

interface Operation {
  readonly operation: string;
  readonly call: (worker: number) => Promise<unknown>;
}

/** What is asked with `$now` is never answered from memory. */
const EVER = 'createdDate < $now + 1d';
const BY_PRIORITY_AND_DUE_DATE = ['priority', 'dueDate'].map(field => ({ field, sortOrder: SortOrderType.Asc }));
const FIELDS = ['jobId', 'jobName', 'priority', 'dueDate'];

async function operations(connections: readonly ClientConnection[]): Promise<Operation[]> {
  const jobs = (worker: number) => jobsOf(connections[worker]!);
  const asked = (query: Query) => (worker: number) => jobs(worker).queryJobs({ fields: FIELDS, ...query });
  const ids = (await jobs(0).queryJobs({ q: EVER, num: 1000, start: 0, fields: ['jobId'] })).results.map(
    ([id]) => id!.text!,
  );
  const { jobTemplateId } = await jobs(0).getJob(ids[0]!, {});
  const { jobIds: work } = await jobs(0).createJobs(jobTemplateId, { numberOfJobs: 8 * CALLS, assignedType: 0 });
  let next = 0;
  let word = 0;
  const lastNumber = Number((await jobs(0).getJob(work.at(-1)!, {})).jobName!.split('_')[1]);
  return [
    {
      operation: 'getJob',
      call: worker => jobs(worker).getJob(ids[next++ % ids.length]!, {}),
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
    },
    {
      operation: 'the same, nothing committed between',
      call: asked({ q: 'closed = 0', sortFields: BY_PRIORITY_AND_DUE_DATE, num: 50 }),
    },
    {
      operation: 'my current steps',
      call: worker => asked({ q: `assignedTo = $currentUser AND ${EVER}`, num: 50 })(worker | 1),
    },
    { operation: 'of a template', call: asked({ q: `jobTemplateId = '${jobTemplateId}' AND ${EVER}`, num: 50 }) },
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
  yield `beside ${FEW} jobs, 8 in flight          calls/s   p50 ms   p99 ms   server µs${many ? `   beside ${MANY}: calls/s   p50 ms   p99 ms   server µs   p99 over p99` : ''}`;
  for (const [index, row] of few.rows.entries()) {
    const other = many?.rows[index];
    yield [
      row.operation.padEnd(38),
      figuresOf(row, 9),
      ...(other ? [figuresOf(other, 26), (other.p99 / row.p99).toFixed(2).padStart(14)] : []),
    ].join(' ');
  }
  for (const { jobs, statisticsMilliseconds, megabytes } of figures)
    yield `${jobs} jobs: statistics by status ${statisticsMilliseconds.toFixed(0)} ms, resident memory ${megabytes.toFixed(0)} MB; asked: under ${MOST_MEGABYTES[jobs]}`;
}

const figuresOf = ({ perSecond, p50, p99, serverMicroseconds = Number.NaN }: Measured, width: number): string =>
  [
    perSecond.toFixed(0).padStart(width),
    p50.toFixed(2).padStart(8),
    p99.toFixed(2).padStart(8),
    serverMicroseconds.toFixed(0).padStart(11),
  ].join(' ');
