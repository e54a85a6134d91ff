/** The flow state of a job as its head row keeps it beside the current steps: what waits at a join, and what was passed over. */
import type { FlowChart, FlowState } from '../domain/flow.ts';
import type { Assignment } from '../domain/jobs.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';

interface Kept {
  /** Step or group that waits -> the assignment that the way there gave it; null for none. */
  readonly joining: Readonly<Record<string, Assignment | null>>;
  readonly passed: readonly string[];
}

export function keptFlow(job: Pick<JobRow, 'flow_state'>): Kept {
  return job.flow_state === null ? { joining: {}, passed: [] } : JSON.parse(job.flow_state);
}

export function flowStateOf(job: JobRow, current: readonly JobStepRow[]): FlowState<Assignment> {
  const { joining, passed } = keptFlow(job);
  return {
    current: new Set(current.map(step => step.step_id)),
    joining: new Map(Object.entries(joining).map(([id, assignment]) => [id, assignment ?? undefined])),
    passed: new Set(passed),
  };
}

/** What is left of it on another entry, as the head row keeps it. */
export function flowTextIn(chart: FlowChart, job: Pick<JobRow, 'flow_state'>): string | null {
  const { joining, passed } = keptFlow(job);
  return flowText({
    joining: new Map(Object.entries(joining).flatMap(([id, to]) => (chart.step(id) ? [[id, to ?? undefined]] : []))),
    passed: new Set(passed.filter(id => chart.step(id))),
  });
}

/** null where nothing waits and nothing was passed over. */
export function flowText({ joining, passed }: Pick<FlowState<Assignment>, 'joining' | 'passed'>): string | null {
  if (joining.size === 0 && passed.size === 0) return null;
  const kept: Kept = {
    joining: Object.fromEntries([...joining].map(([id, assignment]) => [id, assignment ?? null])),
    passed: [...passed],
  };
  return JSON.stringify(kept);
}
