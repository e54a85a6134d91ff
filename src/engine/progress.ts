/** How far a job has come: its leaves that were finished or passed over. */
import type { FlowChart } from '../domain/flow.ts';
import { percentComplete } from '../domain/work.ts';
import type { JobRow } from '../store/jobs.ts';

/** What the figure is made of. */
export interface Progress {
  readonly chart: FlowChart;
  /** Leaves finished so far, each once. */
  readonly finishedLeaves: number;
  /** Their ids; needed where something was passed over. */
  readonly finished: ReadonlySet<string>;
  readonly passed: ReadonlySet<string>;
  readonly current: ReadonlySet<string>;
}

/** percent_complete where it changes. A figure that a caller has set is the caller's, until the closing. */
export function percentChange(job: JobRow, progress: Progress): { percent_complete?: number } {
  if (job.percent_given === 1) return {};
  const percent = percentOf(progress, job.leaf_count);
  return percent === job.percent_complete ? {} : { percent_complete: percent };
}

/** @param leaves how many there are */
export const percentOf = (progress: Progress, leaves: number): number =>
  percentComplete(progress.passed.size > 0 ? doneLeaves(progress) : progress.finishedLeaves, leaves);

function doneLeaves({ chart, finished, passed, current }: Progress): number {
  const done = new Set(finished);
  for (const id of passed) for (const leaf of chart.leavesIn(id)) if (!current.has(leaf.id)) done.add(leaf.id);
  return done.size;
}
