/** What the way of a job depends on beside its steps: the values that conditions ask for, and the users that paths name. */
import type { JobRow, JobStepRow } from '../store/jobs.ts';

export interface Sight {
  /**
   * Whether a condition holds.
   * @param left the step that is left, for the conditions of its paths
   */
  holds(condition: string, job: JobRow, current: readonly JobStepRow[], left?: JobStepRow): boolean;
  /** The id of the user with this id or e-mail address; undefined when none works in the team any more. */
  userNamed(name: string): string | undefined;
}
