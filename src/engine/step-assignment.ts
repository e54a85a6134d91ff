/** Whom a step is assigned to when it becomes current: what the way there says, else its own assignee, else whoever ran the step before. */
import { AssignedType, PathAssignment, type StepPath } from '#gen/flow_types';
import type { BaseStep } from '#gen/step_types';
import { type Assignment, assignmentOf, unassigned } from '../domain/jobs.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Sight } from './sight.ts';

export const ownAssignment = (leaf: BaseStep): Assignment | undefined =>
  leaf.impl.step?.assignee ? assignmentOf(leaf.impl.step.assignee) : undefined;

/** Whoever ran the step that is left; behind a step that nobody ran, its assignment goes on. */
export const assignmentBehind = (left: JobStepRow): Assignment =>
  left.started_by === null ? { type: left.assigned_type, to: left.assigned_to } : ofUser(left.started_by);

const ofUser = (userId: string | null | undefined): Assignment =>
  userId ? { type: AssignedType.User, to: userId } : unassigned;

type Choice = (path: StepPath, job: JobRow, left: JobStepRow, sight: Sight) => Assignment;

const choices: Readonly<Record<PathAssignment, Choice>> = {
  [PathAssignment.LastRunBy]: (_path, _job, left) => assignmentBehind(left),
  [PathAssignment.JobCreator]: (_path, job) => ofUser(job.created_by),
  [PathAssignment.JobOwner]: (_path, job) => ofUser(job.owned_by),
  [PathAssignment.User]: (path, _job, _left, sight) => ofUser(sight.userNamed(path.assignedTo ?? '')),
  [PathAssignment.Group]: path => ({ type: AssignedType.Group, to: path.assignedTo ?? '' }),
  [PathAssignment.Unassigned]: () => unassigned,
};

/** What a path says of the step that it leads to; undefined where it leaves that to the step. */
export const pathAssignment = (path: StepPath, job: JobRow, left: JobStepRow, sight: Sight): Assignment | undefined =>
  path.assignment == null ? undefined : choices[path.assignment](path, job, left, sight);
