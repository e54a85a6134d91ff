/** JobTemplateService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import type { StepGroupHeaders } from '#gen/group_headers_types';
import type {
  ForceAcquireResponse,
  JobTemplate,
  JobTemplateLock,
  JobTemplateModular,
  JobTemplateParams,
  TemplateFetchResult,
  TemplateSelectOpts,
} from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { ownerKinds } from '../../store/attributes.ts';
import type { Store } from '../../store/database.ts';
import { assigned } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { permitted } from './access.ts';
import { fetch } from './fetch.ts';
import * as locks from './locks.ts';
import * as steps from './steps.ts';
import * as versions from './versions.ts';

export class JobTemplateHandler implements Handler<'JobTemplateService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  // Reading

  get(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.get(this.#store, call, jobTemplateId);
  }

  fetch(
    call: Call,
    selectOpts: TemplateSelectOpts,
    templateIds: string[],
  ): Promise<{ [templateId: string]: TemplateFetchResult }> {
    return fetch(this.#store, call, selectOpts, templateIds);
  }

  getPublicVersion(call: Call, jobTemplateId: string, publicVersion: number): Promise<JobTemplate> {
    return versions.getPublicVersion(this.#store, call, jobTemplateId, publicVersion);
  }

  // Templates as wholes

  create(call: Call, teamId: string, params: JobTemplateParams, attributes: AbacAttribute[]): Promise<JobTemplate> {
    return versions.create(this.#store, call, teamId, params, attributes);
  }

  update(call: Call, jobTemplateId: string, params: JobTemplateParams): Promise<JobTemplate> {
    return versions.update(this.#store, call, jobTemplateId, params);
  }

  // Publishing

  publish(call: Call, jobTemplateId: string): Promise<JobTemplate> {
    return versions.publish(this.#store, call, jobTemplateId);
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

  // Steps

  addStepModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    step: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplateModular> {
    return steps.add(this.#store, call, jobTemplateId, 'step', step, { parentId, position, replace });
  }

  addStepGroupModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroup: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplateModular> {
    return steps.add(this.#store, call, jobTemplateId, 'stepGroup', stepGroup, { parentId, position, replace });
  }

  updateRootHeaders(call: Call, jobTemplateId: string, headers: StepGroupHeaders): Promise<JobTemplate> {
    return versions.updateRootHeaders(this.#store, call, jobTemplateId, headers);
  }

  // Relations

  updateAttribute(
    call: Call,
    templateId: string,
    attributeId: string,
    values: AbacAttributeValue[],
    behave: AbacUploadBehaviour,
  ): Promise<AbacAttribute[]> {
    return this.#store.transact(async tx => {
      const { team_id: teamId } = await permitted(tx, call, templateId, 'templateEdit');
      return assigned(tx, call, { teamId, kind: ownerKinds.template, id: templateId }, attributeId, values, behave);
    });
  }
}
