/** Steps that the server starts by itself, later than when they became current: what held them is gone. */
import type { Transactor } from '../../store/database.ts';
import type { JobStepRow } from '../../store/jobs.ts';

/** The kind of the run that starts a step. */
export const START = 'start';

/** @param steps that nothing holds any more; those that people start are left to them. No statement without any, else two at most per team */
export async function queueStarts(
  tx: Transactor,
  steps: readonly Pick<JobStepRow, 'team_id' | 'job_id' | 'step_id'>[],
  now: number,
): Promise<void> {
  const common = { run: 0, kind: START, state: '{}', attempts: 0, queued_at: now, next_at: now };
  for (const [teamId, own] of Map.groupBy(steps, step => step.team_id))
    await tx.runs.put((await tx.runs.startedByServer(teamId, own)).map(step => ({ ...step, ...common })));
}
