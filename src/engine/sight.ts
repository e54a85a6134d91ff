/** What the way of a job depends on beside its steps: the values that conditions ask for, and the users that paths name. */
import type { BaseStep } from '#gen/step_types';
import {
  evaluateFilter,
  type Filter,
  type FilterContext,
  fieldList,
  jobFields,
  namedUsers,
  parseFilter,
  pathFields,
  type Value,
} from '../domain/filter/filter.ts';
import { walk } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { Act } from './act.ts';
import { fieldValues, stepValues } from './job-values.ts';

export interface Sight {
  /**
   * Whether a condition holds.
   * @param left the step that is left, for the conditions of its paths
   */
  holds(condition: string, job: JobRow, current: readonly JobStepRow[], left?: JobStepRow): boolean;
  /** The id of the user with this id or e-mail address; undefined when none works in the team any more. */
  userNamed(name: string): string | undefined;
}

/** What a tree asks about: its conditions by their texts, and the users that it names by e-mail address or in paths. */
interface Asked {
  readonly filters: ReadonlyMap<string, Filter>;
  readonly users: readonly string[];
}

/** What conditions of steps and groups may name, and those of paths. */
export const conditionFields = {
  ofSteps: fieldList(jobFields),
  ofPaths: fieldList([...jobFields, ...pathFields]),
};

const asked = new WeakMap<BaseStep, Asked>();

/** @returns what the job of this tree sees. No statement where the tree asks nothing, else one for each kind of thing asked */
export async function sightOf(tx: Transactor, act: Act, job: JobRow, root: BaseStep): Promise<Sight> {
  const { filters, users } = askedBy(root);
  const members = users.length === 0 ? [] : await tx.people.membersNamed(job.team_id, users);
  const byName = new Map(members.flatMap(({ user_id, email }) => [user_id, email].map(name => [name, user_id])));
  const context: FilterContext = { now: act.now, callerId: act.caller.userId || null, users: byName };
  return {
    holds: (condition, job, current, left) =>
      evaluateFilter(filters.get(condition)!, { values: valuesOf(job, left), steps: current.map(stepValues) }, context),
    userNamed: name => byName.get(name) ?? byName.get(name.toLowerCase()),
  };
}

function askedBy(root: BaseStep): Asked {
  const known = asked.get(root);
  if (known) return known;
  const filters = new Map<string, Filter>();
  const users = new Set<string>();
  for (const { step } of walk(root)) {
    const { condition, paths } = step.flow ?? {};
    if (condition) filters.set(condition, parseFilter(condition, conditionFields.ofSteps, 'condition'));
    for (const { condition, assignedTo } of paths ?? []) {
      if (condition) filters.set(condition, parseFilter(condition, conditionFields.ofPaths, 'condition'));
      if (assignedTo) for (const name of [assignedTo, assignedTo.toLowerCase()]) users.add(name);
    }
  }
  for (const filter of filters.values()) for (const name of namedUsers(filter)) users.add(name);
  const found = { filters, users: [...users] };
  asked.set(root, found);
  return found;
}

const valuesOf = (job: JobRow, left: JobStepRow | undefined): Readonly<Record<string, Value>> => ({
  ...fieldValues(job),
  response: left?.response,
  result: left?.result,
});
