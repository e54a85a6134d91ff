/** JobsService: the table of contents. Each function says where it is built; the order is the interface's. */
import type {
  CreateJobOverrides,
  CreateJobsResponse,
  Job,
  JobActionResponse,
  JobHistory,
  JobRequestOptions,
} from '#gen/jobs_types';
import { finishSteps, startSteps } from '../../engine/running.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { createJobs } from './creating.ts';
import { getJob, getJobHistory } from './reading.ts';
import { actOnSteps, closeJobs } from './working.ts';

export class JobsHandler implements Handler<'JobsService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  closeJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return closeJobs(this.#store, call, jobIds);
  }

  createJobs(call: Call, jobTemplateId: string, jobOverrides: CreateJobOverrides): Promise<CreateJobsResponse> {
    return createJobs(this.#store, call, jobTemplateId, jobOverrides);
  }

  finishSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, finishSteps, jobId, stepIds);
  }

  getJob(call: Call, jobId: string, options: JobRequestOptions): Promise<Job> {
    return getJob(this.#store, call, jobId, options);
  }

  getJobHistory(call: Call, jobId: string): Promise<JobHistory[]> {
    return getJobHistory(this.#store, call, jobId);
  }

  startSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, startSteps, jobId, stepIds);
  }
}
