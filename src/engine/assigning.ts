/**
 * Assigning current steps of a job to somebody else, to a group, or to nobody.
 *
 * Three privileges allow it, and the highest that a caller has counts: `jobAssignAny` to anybody, `jobAssignGroup` to a group of the
 * caller or to somebody in one, `jobAssignIndividual` to the caller alone. Nobody is anybody: handing a step back to all takes the
 * first. Whose step it was does not matter.
 */
import { AssignedType } from '#gen/flow_types';
import { JobHistoryAction } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { NotFound, WrongState } from '../base/errors.ts';
import type { Assignment } from '../domain/jobs.ts';
import { has, lacks, rightsIn } from '../domain/privileges.ts';
import { leavesOf } from '../domain/upgrade.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { emit, eventOf } from './events.ts';
import { historyRow } from './history.ts';
import { called, inRow, isRunning } from './job-lists.ts';
import { resolveAssignment } from './naming.ts';

/** To whom: a user by id or e-mail address, a group by id; unused for nobody. */
export interface AssignmentAsked {
  readonly type: AssignedType;
  readonly to: string;
}

/**
 * All of the steps, or none when one cannot be; those that are assigned so already stay as they are.
 * @param stepId undefined: every current step
 * @throws InsufficientPermissions (476); NotFound (404) for user, group or step; ResourceArchived (601) for the group; WrongState (413)
 */
export async function assignSteps(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepId: string | undefined,
  asked: AssignmentAsked,
): Promise<void> {
  refuseUnprivileged(act, job.team_id);
  const assignment = await resolveAssignment(tx, job.team_id, asked.type, asked.to);
  await refuseBeyondReach(tx, act, job.team_id, assignment);
  const steps = await assignable(tx, job, stepId);
  const changed = steps.filter(step => step.assigned_type !== assignment.type || step.assigned_to !== assignment.to);
  if (changed.length === 0) return;
  await tx.jobs.changeJob(job, { history_seq: job.history_seq + changed.length });
  await tx.jobLists.changeSteps(
    changed.map(({ team_id, job_id, step_id }) => ({
      team_id,
      job_id,
      step_id,
      assigned_type: assignment.type,
      assigned_to: assignment.to,
    })),
  );
  await record(tx, act, job, changed, assignment);
}

const privileges = ['jobAssignAny', 'jobAssignGroup', 'jobAssignIndividual'] as const;

function refuseUnprivileged({ caller }: Act, teamId: string): void {
  if (!privileges.some(privilege => has(caller, teamId, privilege))) throw lacks(caller, teamId, 'jobAssignAny');
}

async function refuseBeyondReach(
  reader: Reader,
  { caller }: Act,
  teamId: string,
  { type, to }: Assignment,
): Promise<void> {
  if (has(caller, teamId, 'jobAssignAny')) return;
  if (has(caller, teamId, 'jobAssignIndividual') && type === AssignedType.User && to === caller.userId) return;
  if (has(caller, teamId, 'jobAssignGroup') && to !== null) {
    const { groups } = rightsIn(caller, teamId);
    const reached = type === AssignedType.Group ? [to] : await groupsOf(reader, teamId, to);
    if (reached.some(group => groups.includes(group))) return;
  }
  throw lacks(caller, teamId, 'jobAssignAny');
}

/** The groups of a member, its roles among them. */
async function groupsOf(reader: Reader, teamId: string, userId: string): Promise<string[]> {
  const rows = await reader.people.membersWithGroups([teamId], [userId]);
  const open = rows.filter(row => row.group_id !== null && row.group_archived_at === null);
  return [...(JSON.parse(rows[0]?.roles ?? '[]') as string[]), ...open.map(row => row.group_id!)];
}

async function assignable(reader: Reader, job: JobRow, stepId: string | undefined): Promise<JobStepRow[]> {
  const details = { jobId: job.job_id };
  if (job.closed === 1)
    throw new WrongState('job-closed', `${called(job)} is closed, nobody works on it; reopen it first`, details);
  const current = await reader.jobs.currentSteps(job.team_id, [job.job_id]);
  const steps = stepId === undefined ? current : current.filter(step => step.step_id === stepId);
  if (steps.length === 0) throw await notCurrent(reader, job, stepId);
  const running = steps.filter(isRunning);
  if (running.length === 0) return steps;
  const message = `${called(job)} has "${running[0]!.step_name}" running, which belongs to who started it; stop it first`;
  throw new WrongState('job-running', message, { ...details, stepIds: inRow(running) });
}

async function notCurrent(reader: Reader, job: JobRow, stepId: string | undefined): Promise<NotFound | WrongState> {
  if (stepId === undefined) {
    const message = `${called(job)} has no current step; make one current with setCurrentStep`;
    return new WrongState('step-not-current', message, { jobId: job.job_id });
  }
  const leaf = leavesOf(await reader.trees.tree(job.team_id, job.root_hash)).get(stepId);
  if (leaf) {
    const message = `${called(job)} does not stand at "${leaf.title}"; getJob lists the current steps`;
    return new WrongState('step-not-current', message, { jobId: job.job_id, stepId });
  }
  return new NotFound(
    'step-not-found',
    `stepId: the procedure of the job has no step ${stepId}; getJob lists the current steps`,
    { stepId },
  );
}

async function record(
  tx: Transactor,
  act: Act,
  job: JobRow,
  steps: readonly JobStepRow[],
  assignment: Assignment,
): Promise<void> {
  const result = await nameOf(tx, job.team_id, assignment);
  await tx.jobs.insertHistory(
    steps.map(({ step_id, step_name }, index) => {
      const key = { team_id: job.team_id, job_id: job.job_id, seq: job.history_seq + 1 + index };
      return historyRow(act, key, JobHistoryAction.Reassigned, { step_id, step_name, result });
    }),
  );
  const assigned = { assignedType: assignment.type, ...(assignment.to !== null && { assignedTo: assignment.to }) };
  await emit(
    tx,
    steps.map(step => eventOf(act, job, NotificationType.StepReassigned, { stepId: step.step_id, ...assigned })),
  );
}

/** As history tells it: a user's e-mail address, a group's name. */
async function nameOf(reader: Reader, teamId: string, { type, to }: Assignment): Promise<string> {
  if (to === null) return AssignedType[type]!;
  if (type === AssignedType.User) return (await reader.people.users([to]))[0]!.email;
  const [group] = await reader.groups.groups(teamId, [to]);
  return group?.name ?? to;
}
