/** JobsService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { PageReq } from '#gen/common_types';
import type { AssignedType } from '#gen/flow_types';
import type {
  AddJobAttachmentResponse,
  AttachmentChunk,
  AttachmentUpload,
  CreateJobOverrides,
  CreateJobsResponse,
  DiagramDetails,
  Geometry,
  Job,
  JobActionResponse,
  JobAttachment,
  JobAttachmentDetails,
  JobComment,
  JobDependencyDetails,
  JobHistory,
  JobHistoryPage,
  JobHoldDetails,
  JobManageResult,
  JobRequestOptions,
  JobStatistics,
  JobStatisticsDetails,
  JobUpgradePreview,
  Query,
  QueryResult,
  StepInfoResponse,
  UpdateJobOverrides,
} from '#gen/jobs_types';
import { refreshSteps } from '../../engine/actions/answers.ts';
import { closeJobs } from '../../engine/closing.ts';
import { deleteJobs } from '../../engine/deleting.ts';
import { reopenJobs } from '../../engine/reopening.ts';
import { finishSteps, startSteps, stopSteps } from '../../engine/running.ts';
import { upgradeJobs } from '../../engine/upgrading.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { assign } from './assigning.ts';
import * as bodies from './attachment-bodies.ts';
import * as uploads from './attachment-uploads.ts';
import * as attachments from './attachments.ts';
import { addJobComment, getJobComments } from './comments.ts';
import { createJobs } from './creating.ts';
import { getJobDiagram } from './diagram.ts';
import * as holds from './holds.ts';
import { actOnAll, actOnEach, previewUpgrade } from './lists.ts';
import { getJobLocation, setJobLocation } from './location.ts';
import { queryJobs } from './query.ts';
import { getJob, getJobHistory, getJobHistoryPage } from './reading.ts';
import { calculateJobStatistics } from './statistics.ts';
import { updateJob } from './updating.ts';
import { actOnSteps, respond, setCurrent } from './working.ts';

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

  addJobComment(call: Call, jobId: string, comment: string): Promise<string> {
    return addJobComment(this.#store, call, jobId, comment);
  }

  assignCurrentStep(call: Call, jobId: string, assignedTo: string, assignedType: AssignedType): Promise<boolean> {
    return assign(this.#store, call, jobId, undefined, { type: assignedType, to: assignedTo });
  }

  assignStep(
    call: Call,
    jobId: string,
    stepId: string,
    assignedTo: string,
    assignedType: AssignedType,
  ): Promise<boolean> {
    return assign(this.#store, call, jobId, stepId, { type: assignedType, to: assignedTo });
  }

  calculateJobStatistics(call: Call, params: JobStatisticsDetails): Promise<JobStatistics> {
    return calculateJobStatistics(this.#store, call, params);
  }

  closeJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return actOnAll(this.#store, call, closeJobs, jobIds);
  }

  createJobs(call: Call, jobTemplateId: string, jobOverrides: CreateJobOverrides): Promise<CreateJobsResponse> {
    return createJobs(this.#store, call, jobTemplateId, jobOverrides);
  }

  deleteAttachment(call: Call, jobId: string, attachmentId: string): Promise<boolean> {
    return attachments.deleteAttachment(this.#store, call, jobId, attachmentId);
  }

  deleteJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return actOnAll(this.#store, call, deleteJobs, jobIds);
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

  getJobComments(call: Call, jobId: string): Promise<JobComment[]> {
    return getJobComments(this.#store, call, jobId);
  }

  getJobDiagram(call: Call, jobId: string): Promise<DiagramDetails> {
    return getJobDiagram(this.#store, call, jobId);
  }

  getJobHistory(call: Call, jobId: string): Promise<JobHistory[]> {
    return getJobHistory(this.#store, call, jobId);
  }

  getJobLocation(call: Call, jobId: string): Promise<Geometry> {
    return getJobLocation(this.#store, call, jobId);
  }

  queryJobs(call: Call, query: Query): Promise<QueryResult> {
    return queryJobs(this.#store, call, query);
  }

  refreshSteps(call: Call, jobId: string, stepIds: string[]): Promise<JobActionResponse> {
    return actOnSteps(this.#store, call, refreshSteps, jobId, stepIds);
  }

  releaseDependency(call: Call, params: JobDependencyDetails): Promise<JobActionResponse> {
    return holds.releaseDependency(this.#store, call, params);
  }

  releaseHolds(call: Call, params: JobHoldDetails): Promise<JobActionResponse> {
    return holds.releaseHolds(this.#store, call, params);
  }

  reopenJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return actOnAll(this.#store, call, reopenJobs, jobIds);
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

  upgradeJobs(call: Call, jobIds: string[]): Promise<boolean> {
    return actOnAll(this.#store, call, upgradeJobs, jobIds);
  }

  closeJobsEach(call: Call, jobIds: string[]): Promise<JobManageResult[]> {
    return actOnEach(this.#store, call, closeJobs, jobIds);
  }

  deleteJobsEach(call: Call, jobIds: string[]): Promise<JobManageResult[]> {
    return actOnEach(this.#store, call, deleteJobs, jobIds);
  }

  reopenJobsEach(call: Call, jobIds: string[]): Promise<JobManageResult[]> {
    return actOnEach(this.#store, call, reopenJobs, jobIds);
  }

  upgradeJobsEach(call: Call, jobIds: string[]): Promise<JobManageResult[]> {
    return actOnEach(this.#store, call, upgradeJobs, jobIds);
  }

  previewUpgrade(call: Call, jobIds: string[]): Promise<JobUpgradePreview[]> {
    return previewUpgrade(this.#store, call, jobIds);
  }

  respondToStep(call: Call, jobId: string, response: StepInfoResponse): Promise<JobActionResponse> {
    return respond(this.#store, call, jobId, response);
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

  getJobHistoryPage(call: Call, jobId: string, pageReq: PageReq): Promise<JobHistoryPage> {
    return getJobHistoryPage(this.#store, call, jobId, pageReq);
  }
}
