/** Reading jobs and their history. */
import type { PageReq } from '#gen/common_types';
import type { Job, JobHistory, JobHistoryPage, JobRequestOptions } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { notServedYet } from '../checks.ts';
import { visible } from './access.ts';
import { toHistory, toJob } from './wire.ts';

const LONGEST_HISTORY = 10_000;

export function getJob(store: Store, call: Call, jobId: string, options: JobRequestOptions): Promise<Job> {
  notServedYet({ 'options.extProps': options.extProps || null });
  return store.read(async reader => {
    const job = await visible(reader, call, jobId);
    const wire = toJob(job, await reader.jobs.currentSteps(job.team_id, [jobId]));
    return options.holds ? { ...wire, holds: [] } : wire;
  });
}

export const getJobHistory = (store: Store, call: Call, jobId: string): Promise<JobHistory[]> =>
  store.read(async reader => {
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
  store.read(async reader => {
    const job = await visible(reader, call, jobId);
    const key = await reader.files.signingKey('page');
    const page = pageOf(request, ['history', job.team_id, jobId], key);
    const rows = await reader.jobs.history(job.team_id, jobId, page.size, page.offset);
    const total = Math.min(job.history_seq, page.countUpTo ?? job.history_seq);
    return { entries: rows.map(toHistory), pageInfo: pageInfo(page, total, key) };
  });
