/** Reading jobs and their history. */
import type { PageReq } from '#gen/common_types';
import type { Job, JobHistory, JobHistoryPage, JobRequestOptions } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import { teamsOf } from '../../domain/privileges.ts';
import { tableStructs } from '../../domain/properties/structs.ts';
import { PropertyTables } from '../../domain/properties/tables.ts';
import { blocking } from '../../engine/holds.ts';
import { openHoldsOf } from '../../engine/releasing.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { HoldRow } from '../../store/holds.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { visible } from './access.ts';
import { toHistory, toHold, toJob } from './wire.ts';

const LONGEST_HISTORY = 10_000;

/** What is read of a job; which of its holds block a step is a matter of the time at which it is asked. */
interface Found {
  readonly job: JobRow;
  readonly steps: readonly JobStepRow[];
  readonly open: readonly HoldRow[];
  /** All of them, those that were released too. */
  readonly holds?: readonly HoldRow[];
  readonly properties: Pick<Job, 'extendedProperties' | 'relatedProperties'>;
}

export async function getJob(store: Store, call: Call, jobId: string, options: JobRequestOptions): Promise<Job> {
  const { job, steps, open, holds, properties } = await store.readKept(
    JSON.stringify(['job', teamsOf(call.caller), jobId, options]),
    reader => found(reader, call, jobId, options),
    rowsOf,
  );
  return { ...toJob(job, steps, blocking(open, call.now)), ...(holds && { holds: holds.map(toHold) }), ...properties };
}

const rowsOf = ({ steps, open, holds, properties: { relatedProperties = [] } }: Found): number =>
  relatedProperties.reduce((rows, { entries }) => rows + entries.length, 1 + steps.length + (holds ?? open).length);

async function found(reader: Reader, call: Call, jobId: string, options: JobRequestOptions): Promise<Found> {
  const job = await visible(reader, call, jobId);
  const steps = await reader.jobs.currentSteps(job.team_id, [jobId]);
  const properties = options.extProps ? await propertiesOf(reader, job) : {};
  if (!options.holds) return { job, steps, open: await openHoldsOf(reader, [job]), properties };
  const holds = await reader.holds.all(job.team_id, jobId);
  return { job, steps, open: holds.filter(hold => hold.released_date === null), holds, properties };
}

async function propertiesOf(
  reader: Reader,
  job: JobRow,
): Promise<Pick<Job, 'extendedProperties' | 'relatedProperties'>> {
  if (job.has_properties === 0) return { extendedProperties: [], relatedProperties: [] };
  const { tables, rows } = await reader.properties.ofJob(job);
  return tableStructs(PropertyTables.of(tables), rows);
}

export const getJobHistory = (store: Store, call: Call, jobId: string): Promise<JobHistory[]> =>
  store.look(async reader => {
    const job = await visible(reader, call, jobId);
    const rows = await reader.jobs.history(job.team_id, jobId, LONGEST_HISTORY + 1);
    if (rows.length > LONGEST_HISTORY) {
      throw new BadRequest(
        'limit-exceeded',
        `the history has more than ${LONGEST_HISTORY} rows; read it in pages with getJobHistoryPage`,
      );
    }
    return rows.map(toHistory);
  });

/** The rows of a history are numbered without gaps, so the number of its last row is how many there are. */
export const getJobHistoryPage = (store: Store, call: Call, jobId: string, request: PageReq): Promise<JobHistoryPage> =>
  store.look(async reader => {
    const job = await visible(reader, call, jobId);
    const key = await reader.files.signingKey('page');
    const page = pageOf(request, ['history', job.team_id, jobId], key);
    const rows = await reader.jobs.history(job.team_id, jobId, page.size, page.offset);
    const total = Math.min(job.history_seq, page.countUpTo ?? job.history_seq);
    return { entries: rows.map(toHistory), pageInfo: pageInfo(page, total, key) };
  });
