/** JobsService: the table of contents. Each function says where it is built; the order is the interface's. */
import type {
  AddJobAttachmentResponse,
  AttachmentChunk,
  AttachmentUpload,
  CreateJobOverrides,
  CreateJobsResponse,
  Geometry,
  Job,
  JobActionResponse,
  JobAttachment,
  JobAttachmentDetails,
  JobDependencyDetails,
  JobHistory,
  JobHoldDetails,
  JobRequestOptions,
  UpdateJobOverrides,
} from '#gen/jobs_types';
import { finishSteps, startSteps, stopSteps } from '../../engine/running.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as bodies from './attachment-bodies.ts';
import * as uploads from './attachment-uploads.ts';
import * as attachments from './attachments.ts';
import { createJobs } from './creating.ts';
import * as holds from './holds.ts';
import { getJobLocation, setJobLocation } from './location.ts';
import { getJob, getJobHistory } from './reading.ts';
import { updateJob } from './updating.ts';
import { actOnSteps, closeJobs, setCurrent } from './working.ts';

export class JobsHandler implements Handler<'JobsService'> {
  readonly #store: Store;
  readonly #maxFileBytes: number;

  /** @param maxFileBytes most bytes of a file that is attached */
  constructor(store: Store, maxFileBytes: number) {
    this.#store = store;
    this.#maxFileBytes = maxFileBytes;
  }

  addAttachment(call: Call, params: JobAttachmentDetails): Promise<AddJobAttachmentResponse> {
    return attachments.addAttachment(this.#store, call, params, this.#maxFileBytes);
  }

  addAttachmentLinked(call: Call, params: JobAttachmentDetails): Promise<AddJobAttachmentResponse> {
    return attachments.addAttachmentLinked(this.#store, call, params);
  }

  addDependency(call: Call, params: JobDependencyDetails): Promise<JobActionResponse> {
    return holds.addDependency(this.#store, call, params);
  }

  addHolds(call: Call, params: JobHoldDetails): Promise<JobActionResponse> {
    return holds.addHolds(this.#store, call, params);
  }

  closeJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return closeJobs(this.#store, call, jobIds);
  }

  createJobs(call: Call, jobTemplateId: string, jobOverrides: CreateJobOverrides): Promise<CreateJobsResponse> {
    return createJobs(this.#store, call, jobTemplateId, jobOverrides);
  }

  deleteAttachment(call: Call, jobId: string, attachmentId: string): Promise<boolean> {
    return attachments.deleteAttachment(this.#store, call, jobId, attachmentId);
  }

  finishSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, finishSteps, jobId, stepIds);
  }

  getAttachmentBody(call: Call, jobId: string, attachmentId: string): Promise<Buffer> {
    return bodies.getAttachmentBody(this.#store, call, jobId, attachmentId);
  }

  getAttachmentUrl(call: Call, jobId: string, attachmentId: string, includeToken = true): Promise<string> {
    return bodies.getAttachmentUrl(this.#store, call, jobId, attachmentId, includeToken);
  }

  getAttachments(call: Call, jobId: string): Promise<JobAttachment[]> {
    return attachments.getAttachments(this.#store, call, jobId);
  }

  getJob(call: Call, jobId: string, options: JobRequestOptions): Promise<Job> {
    return getJob(this.#store, call, jobId, options);
  }

  getJobHistory(call: Call, jobId: string): Promise<JobHistory[]> {
    return getJobHistory(this.#store, call, jobId);
  }

  getJobLocation(call: Call, jobId: string): Promise<Geometry> {
    return getJobLocation(this.#store, call, jobId);
  }

  releaseDependency(call: Call, params: JobDependencyDetails): Promise<JobActionResponse> {
    return holds.releaseDependency(this.#store, call, params);
  }

  releaseHolds(call: Call, params: JobHoldDetails): Promise<JobActionResponse> {
    return holds.releaseHolds(this.#store, call, params);
  }

  setCurrentStep(call: Call, jobId: string, stepId: string): Promise<JobActionResponse> {
    return setCurrent(this.#store, call, jobId, stepId);
  }

  setJobLocation(call: Call, jobId: string, geometry: Geometry): Promise<boolean> {
    return setJobLocation(this.#store, call, jobId, geometry);
  }

  startSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, startSteps, jobId, stepIds);
  }

  stopSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, stopSteps, jobId, stepIds);
  }

  updateAttachment(call: Call, params: JobAttachmentDetails): Promise<boolean> {
    return attachments.updateAttachment(this.#store, call, params);
  }

  updateJob(call: Call, jobId: string, jobUpdates: UpdateJobOverrides, allowRunningStepId: string): Promise<boolean> {
    return updateJob(this.#store, call, jobId, jobUpdates, allowRunningStepId);
  }

  getAttachmentChunk(
    call: Call,
    jobId: string,
    attachmentId: string,
    offset: number,
    length: number,
  ): Promise<AttachmentChunk> {
    return bodies.getAttachmentChunk(this.#store, call, jobId, attachmentId, offset, length);
  }

  beginAttachmentUpload(call: Call, params: JobAttachmentDetails, size: number): Promise<AttachmentUpload> {
    return uploads.beginAttachmentUpload(this.#store, call, params, size, this.#maxFileBytes);
  }

  putAttachmentChunk(call: Call, uploadId: string, offset: number, chunk: Buffer): Promise<AttachmentUpload> {
    return uploads.putAttachmentChunk(this.#store, call, uploadId, offset, chunk);
  }

  finishAttachmentUpload(call: Call, uploadId: string, sha256: string): Promise<AddJobAttachmentResponse> {
    return uploads.finishAttachmentUpload(this.#store, call, uploadId, sha256);
  }
}
