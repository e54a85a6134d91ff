/**
 * The flow state of a job as its head row keeps it beside the current steps: what waits at a join, and what was passed over; at the end
 * also what that was before the last step was finished, where it was something else.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FlowChart, FlowState } from '../domain/flow.ts';
import type { Assignment } from '../domain/jobs.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';

interface Kept {
  /** Step or group that waits -> the assignment that the way there gave it; null for none. */
  readonly joining: Readonly<Record<string, Assignment | null>>;
  readonly passed: readonly string[];
  readonly before?: Omit<Kept, 'before'>;
}

type Waiting = Pick<FlowState<Assignment>, 'joining' | 'passed'>;

export function keptFlow(job: Pick<JobRow, 'flow_state'>): Kept {
  return job.flow_state === null ? { joining: {}, passed: [] } : JSON.parse(job.flow_state);
}

export function flowStateOf(job: JobRow, current: readonly JobStepRow[]): FlowState<Assignment> {
  const { before, ...kept } = keptFlow(job);
  return {
    current: new Set(current.map(step => step.step_id)),
    ...waitingOf(kept),
    ...(before && { before: waitingOf(before) }),
  };
}

const waitingOf = ({ joining, passed }: Kept): Waiting => ({
  joining: new Map(Object.entries(joining).map(([id, assignment]) => [id, assignment ?? undefined])),
  passed: new Set(passed),
});

/** What is left of it on another entry, as the head row keeps it. */
export function flowTextIn(chart: FlowChart, job: Pick<JobRow, 'flow_state'>): string | null {
  const { before, ...kept } = keptFlow(job);
  const left = ({ joining, passed }: Kept): Waiting =>
    waitingOf({
      joining: Object.fromEntries(Object.entries(joining).filter(([id]) => chart.step(id))),
      passed: passed.filter(id => chart.step(id)),
    });
  return flowText({ ...left(kept), ...(before && { before: left(before) }) });
}

/** That of a job that has come to its end and stands at its last step again. */
export function flowTextBefore(job: Pick<JobRow, 'flow_state'>): string | null {
  const { before } = keptFlow(job);
  return before ? flowText(waitingOf(before)) : job.flow_state;
}

/** null where nothing waits and nothing was passed over. */
export function flowText({ joining, passed, before }: Omit<FlowState<Assignment>, 'current'>): string | null {
  const kept = keptOf({ joining, passed });
  const was = before && keptOf(before);
  const wasOther = was !== undefined && !isDeepStrictEqual(was, kept);
  if (joining.size === 0 && passed.size === 0 && !wasOther) return null;
  return JSON.stringify({ ...kept, ...(wasOther && { before: was }) } satisfies Kept);
}

const keptOf = ({ joining, passed }: Waiting): Kept => ({
  joining: Object.fromEntries([...joining].map(([id, assignment]) => [id, assignment ?? null])),
  passed: [...passed],
});
