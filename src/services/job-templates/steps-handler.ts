/** JobTemplateService's edits of steps: first those that answer with JobTemplateModular, then those that answer with JobTemplate. */
import type { JobTemplate, JobTemplateModular } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { edited, jobTemplate } from './encoding.ts';
import { StepEdits } from './steps.ts';

export class StepFunctions {
  readonly #modular: StepEdits<JobTemplateModular>;
  readonly #whole: StepEdits<JobTemplate>;

  constructor(store: Store) {
    this.#modular = new StepEdits(store, edited);
    this.#whole = new StepEdits(store, jobTemplate);
  }

  addStepModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    step: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplateModular> {
    return this.#modular.add(call, jobTemplateId, 'step', step, { parentId, position, replace });
  }

  addStepGroupModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroup: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplateModular> {
    return this.#modular.add(call, jobTemplateId, 'stepGroup', stepGroup, { parentId, position, replace });
  }

  moveStepModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepId: string,
    oldPosition: number,
    newParentId: string,
    newPosition: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.move(
      call,
      jobTemplateId,
      { kind: 'step', id: stepId, parentId, position: oldPosition },
      { parentId: newParentId, position: newPosition },
    );
  }

  moveStepGroupModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroupId: string,
    oldPosition: number,
    newParentId: string,
    newPosition: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.move(
      call,
      jobTemplateId,
      { kind: 'stepGroup', id: stepGroupId, parentId, position: oldPosition },
      { parentId: newParentId, position: newPosition },
    );
  }

  removeStepModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepId: string,
    position: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.remove(call, jobTemplateId, { kind: 'step', id: stepId, parentId, position });
  }

  removeStepGroupModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroupId: string,
    position: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.remove(call, jobTemplateId, { kind: 'stepGroup', id: stepGroupId, parentId, position });
  }

  cloneStepModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepId: string,
    position: number,
    newParentId: string,
    newPosition: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.copy(
      call,
      jobTemplateId,
      { kind: 'step', id: stepId, parentId, position },
      { parentId: newParentId, position: newPosition },
    );
  }

  cloneStepGroupModular(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroupId: string,
    position: number,
    newParentId: string,
    newPosition: number,
  ): Promise<JobTemplateModular> {
    return this.#modular.copy(
      call,
      jobTemplateId,
      { kind: 'stepGroup', id: stepGroupId, parentId, position },
      { parentId: newParentId, position: newPosition },
    );
  }

  updateStepGroup(call: Call, jobTemplateId: string, stepGroup: BaseStep): Promise<JobTemplate> {
    return this.#whole.replaceAll(call, jobTemplateId, stepGroup);
  }

  addStep(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    step: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplate> {
    return this.#whole.add(call, jobTemplateId, 'step', step, { parentId, position, replace });
  }

  addStepGroup(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroup: BaseStep,
    position: number,
    replace: boolean,
  ): Promise<JobTemplate> {
    return this.#whole.add(call, jobTemplateId, 'stepGroup', stepGroup, { parentId, position, replace });
  }

  cloneStep(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepId: string,
    position: number,
  ): Promise<JobTemplate> {
    return this.#whole.copyOf(call, jobTemplateId, 'step', stepId, { parentId, position });
  }

  cloneStepGroup(
    call: Call,
    jobTemplateId: string,
    parentId: string,
    stepGroupId: string,
    position: number,
  ): Promise<JobTemplate> {
    return this.#whole.copyOf(call, jobTemplateId, 'stepGroup', stepGroupId, { parentId, position });
  }
}
