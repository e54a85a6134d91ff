/**
 * JobTemplateService: the table of contents. Each function says where it is built; the order is the interface's. The edits of steps are
 * in steps-handler.ts.
 */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import type { StepGroupHeaders } from '#gen/group_headers_types';
import type {
  ForceAcquireResponse,
  IndexOpts,
  JobTemplate,
  JobTemplateLock,
  JobTemplateParams,
  TemplateFetchResult,
  TemplateHistoryResult,
  TemplateMarks,
  TemplateOrder,
  TemplatePublicVersion,
  TemplateQueryResult,
  TemplateSelectOpts,
  TemplateTag,
  TemplateWhereOpts,
} from '#gen/job_template_types';
import type { MetadataEntry, MetadataValue } from '#gen/metadata_types';
import type { BaseStep } from '#gen/step_types';
import { refuseArchived, refuseFixed } from '../../engine/editable.ts';
import { ownerKinds } from '../../store/attributes.ts';
import type { Store } from '../../store/database.ts';
import { assigned } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { permitted } from './access.ts';
import * as contents from './contents.ts';
import { fetch, fetchVersions, getLatestVersions } from './fetch.ts';
import { getHistory } from './history.ts';
import * as locks from './locks.ts';
import * as finding from './query.ts';
import * as review from './review.ts';
import { StepFunctions } from './steps-handler.ts';
import * as tags from './tags.ts';
import * as versions from './versions.ts';

type ById<T> = { [id: string]: T };
type ByVersion<T> = { [version: number]: T };

export class JobTemplateHandler extends StepFunctions implements Handler<'JobTemplateService'> {
  readonly #store: Store;

  constructor(store: Store) {
    super(store);
    this.#store = store;
  }

  // Reading

  index(call: Call, teamId: string, opts: IndexOpts): Promise<JobTemplate[]> {
    return finding.index(this.#store, call, teamId, opts);
  }

  get(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.get(this.#store, call, jobTemplateId);
  }

  query(
    call: Call,
    select: TemplateSelectOpts,
    where: TemplateWhereOpts,
    order: TemplateOrder[],
  ): Promise<TemplateQueryResult> {
    return finding.query(this.#store, call, select, where, order);
  }

  fetch(call: Call, select: TemplateSelectOpts, templateIds: string[]): Promise<ById<TemplateFetchResult>> {
    return fetch(this.#store, call, select, templateIds);
  }

  getPublicVersion(call: Call, jobTemplateId: string, publicVersion: number): Promise<JobTemplate> {
    return review.getPublicVersion(this.#store, call, jobTemplateId, publicVersion);
  }

  fetchPublicVersions(
    call: Call,
    select: TemplateSelectOpts,
    asked: TemplatePublicVersion[],
  ): Promise<ById<ByVersion<TemplateFetchResult>>> {
    return fetchVersions(this.#store, call, select, 'publicVersion', asked);
  }

  fetchPublishedVersions(
    call: Call,
    select: TemplateSelectOpts,
    asked: TemplatePublicVersion[],
  ): Promise<ById<ByVersion<TemplateFetchResult>>> {
    return fetchVersions(this.#store, call, select, 'publishedVersion', asked);
  }

  getLatestVersions(call: Call, templateIds: string[]): Promise<ById<number>> {
    return getLatestVersions(this.#store, call, templateIds);
  }

  searchStepGroups(call: Call, teamId: string, title: string): Promise<BaseStep[]> {
    return finding.searchStepGroups(this.#store, call, teamId, title);
  }

  // Templates as wholes

  create(call: Call, teamId: string, params: JobTemplateParams, attributes: AbacAttribute[]): Promise<JobTemplate> {
    return versions.create(this.#store, call, teamId, params, attributes);
  }

  update(call: Call, jobTemplateId: string, params: JobTemplateParams): Promise<JobTemplate> {
    return versions.update(this.#store, call, jobTemplateId, params);
  }

  archive(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.archive(this.#store, call, jobTemplateId);
  }

  unarchive(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.unarchive(this.#store, call, jobTemplateId);
  }

  cloneTemplate(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.cloneTemplate(this.#store, call, jobTemplateId);
  }

  createLocalTemplate(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.createLocalTemplate(this.#store, call, jobTemplateId);
  }

  updateMarks(call: Call, jobTemplateId: string, marks: TemplateMarks): Promise<JobTemplate> {
    return versions.updateMarks(this.#store, call, jobTemplateId, marks);
  }

  // Publishing and review

  publish(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return review.publish(this.#store, call, jobTemplateId);
  }

  beginReview(call: Call, jobTemplateId: string): Promise<number> {
    return review.beginReview(this.#store, call, jobTemplateId);
  }

  endReview(call: Call, jobTemplateId: string): Promise<number> {
    return review.endReview(this.#store, call, jobTemplateId);
  }

  publishVersion(call: Call, jobTemplateId: string, publicVersion: number): Promise<JobTemplate> {
    return review.publishVersion(this.#store, call, jobTemplateId, publicVersion);
  }

  // Locks

  acquireLock(call: Call, jobTemplateId: string): Promise<JobTemplateLock> {
    return locks.acquireLock(this.#store, call, jobTemplateId);
  }

  forceAcquireLock(call: Call, jobTemplateId: string): Promise<ForceAcquireResponse> {
    return locks.forceAcquireLock(this.#store, call, jobTemplateId);
  }

  releaseLock(call: Call, jobTemplateId: string): Promise<void> {
    return locks.releaseLock(this.#store, call, jobTemplateId);
  }

  // History

  getHistory(
    call: Call,
    id: string,
    internalVersions: number[],
    otherVersion: number,
  ): Promise<ByVersion<TemplateHistoryResult>> {
    return getHistory(this.#store, call, id, internalVersions, otherVersion);
  }

  revert(call: Call, id: string, internalVersion: number): Promise<void> {
    return versions.revert(this.#store, call, id, internalVersion);
  }

  // Documents, headers, metadata

  addDocument(call: Call, id: string, jobTemplateVersion: number, documentId: string): Promise<JobTemplate> {
    return contents.addDocument(this.#store, call, id, jobTemplateVersion, documentId);
  }

  removeDocument(call: Call, jobTemplateId: string, documentId: string): Promise<JobTemplate> {
    return contents.removeDocument(this.#store, call, jobTemplateId, documentId);
  }

  updateDocument(call: Call, jobTemplateId: string, documentId: string, position: number): Promise<JobTemplate> {
    return contents.moveDocument(this.#store, call, jobTemplateId, documentId, position);
  }

  updateRootHeaders(call: Call, jobTemplateId: string, headers: StepGroupHeaders): Promise<JobTemplate> {
    return contents.updateRootHeaders(this.#store, call, jobTemplateId, headers);
  }

  updateMetadata(
    call: Call,
    jobTemplateId: string,
    updated: ById<MetadataValue>,
    removedIds: string[],
  ): Promise<ById<MetadataEntry>> {
    return contents.updateMetadata(this.#store, call, jobTemplateId, updated, removedIds);
  }

  // Tags and attributes

  getTags(call: Call, jobTemplateId: string): Promise<TemplateTag[]> {
    return tags.getTags(this.#store, call, jobTemplateId);
  }

  updateTags(call: Call, jobTemplateId: string, added: TemplateTag[], removedTagIds: string[]): Promise<void> {
    return tags.updateTags(this.#store, call, jobTemplateId, added, removedTagIds);
  }

  updateAttribute(
    call: Call,
    templateId: string,
    attributeId: string,
    values: AbacAttributeValue[],
    behave: AbacUploadBehaviour,
  ): Promise<AbacAttribute[]> {
    return this.#store.transact(async tx => {
      const template = await permitted(tx, call, templateId, 'templateEdit');
      refuseArchived(template);
      refuseFixed(template);
      const owner = { teamId: template.team_id, kind: ownerKinds.template, id: templateId };
      return assigned(tx, call, owner, attributeId, values, behave);
    });
  }
}
