/** Working on a job's steps, and answering them. */
import { type JobActionResponse, MAX_JOB_TEXT_LENGTH, type StepInfoResponse } from '#gen/jobs_types';
import { bounded } from '../../domain/limits.ts';
import type { Act } from '../../engine/act.ts';
import { respondToStep } from '../../engine/actions/answers.ts';
import { type StepAnswer, setCurrentStep } from '../../engine/running.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { permit, visible } from './access.ts';
import { toActionResponse } from './wire.ts';

type StepAct = (tx: Transactor, act: Act, job: JobRow, stepIds: readonly string[]) => Promise<StepAnswer[]>;

/** An act of the engine on some steps of a job; none named means all current ones. */
export function actOnSteps(
  store: Store,
  call: Call,
  act: StepAct,
  jobId: string,
  stepIds: string[],
): Promise<JobActionResponse> {
  const ids = idList('stepIds', stepIds);
  return store.transact(async tx => toActionResponse(await act(tx, call, await visible(tx, call, jobId), ids)));
}

export function setCurrent(store: Store, call: Call, jobId: string, stepId: string): Promise<JobActionResponse> {
  return store.transact(async tx => {
    const job = await visible(tx, call, jobId);
    permit(call, [job], 'workflowSetStepCurrent');
    return toActionResponse(await setCurrentStep(tx, call, job, stepId));
  });
}

export function respond(
  store: Store,
  call: Call,
  jobId: string,
  response: StepInfoResponse,
): Promise<JobActionResponse> {
  bounded('response.comment', response.comment ?? '', MAX_JOB_TEXT_LENGTH);
  return store.transact(async tx =>
    toActionResponse(await respondToStep(tx, call, await visible(tx, call, jobId), response)),
  );
}
