/** Jobs that a step of another job created: the step may wait until none of them is open any more. */
import type { Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';

export interface MadeBy {
  readonly jobId: string;
  readonly stepId: string;
  /** How many jobs stand above, each created by a step of the one before; 1 for the first. */
  readonly depth: number;
}

export const madeByText = (madeBy: MadeBy): string => JSON.stringify(madeBy);

export function madeByOf({ made_by }: Pick<Row<'jobs'>, 'made_by'>): MadeBy | undefined {
  return made_by === null ? undefined : (JSON.parse(made_by) as MadeBy);
}

/** Has the steps that created these jobs look again. No statement where none did, else one. @param jobs closed or deleted now, of one team */
export async function wakeMakers(
  tx: Transactor,
  teamId: string,
  jobs: readonly Pick<Row<'jobs'>, 'made_by'>[],
  now: number,
): Promise<void> {
  const makers = jobs.flatMap(job => madeByOf(job) ?? []);
  await tx.runs.wake(
    teamId,
    makers.map(({ jobId, stepId }) => ({ job_id: jobId, step_id: stepId })),
    now,
  );
}
