/** Assigning current steps of a job. */
import { type AssignmentAsked, assignSteps } from '../../engine/assigning.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { visible } from './access.ts';

/** @param stepId undefined: every current step */
export const assign = (
  store: Store,
  call: Call,
  jobId: string,
  stepId: string | undefined,
  asked: AssignmentAsked,
): Promise<boolean> =>
  store.transact(async tx => {
    await assignSteps(tx, call, await visible(tx, call, jobId), stepId, asked);
    return true;
  });
