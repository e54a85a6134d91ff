/** Runs at which the server works after the commit that started them: whether one still counts, and its outcome. */
import type { StepAction } from '#gen/flow_types';
import { StepState } from '#gen/jobs_types';
import { AllowedActions, NotificationType } from '#gen/notifications_types';
import type { Filled, Telling, Verdict } from '../../domain/calling-out/call-out.ts';
import { FlowChart } from '../../domain/flow.ts';
import { actionOf } from '../../domain/work.ts';
import type { Reader, Transactor } from '../../store/database.ts';
import type { NewEvent } from '../../store/events.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { RunRow } from '../../store/runs.ts';
import type { Act } from '../act.ts';
import { lockForWork } from '../dependencies.ts';
import { emit, eventOf } from '../events.ts';
import { groundOf, type Outcome } from '../ground.ts';
import { end } from '../running.ts';
import { sightOf } from '../sight.ts';
import { applyUpdate } from '../updating.ts';
import { Work } from '../work.ts';

export interface AtWork {
  readonly job: JobRow;
  readonly step: JobStepRow;
}

/** @returns undefined when the run is over: the step was stopped, finished or started anew, or its job is closed or gone */
export async function atWork(reader: Reader, run: RunRow): Promise<AtWork | undefined> {
  const [job] = await reader.jobs.jobs([run.team_id], [run.job_id]);
  if (!job || job.closed === 1) return undefined;
  const step = (await reader.jobs.currentSteps(job.team_id, [job.job_id])).find(
    ({ step_id }) => step_id === run.step_id,
  );
  return step?.run === run.run && step.state === StepState.RUNNING ? { job, step } : undefined;
}

/** A run with what its action says, and how its texts are put together. */
export interface Settings extends AtWork {
  readonly settings: StepAction;
  readonly filled: Filled;
}

export async function settingsAtWork(reader: Reader, act: Act, run: RunRow): Promise<Settings | undefined> {
  const found = await atWork(reader, run);
  if (!found) return undefined;
  const { job, step } = found;
  const chart = FlowChart.of(await reader.trees.tree(job.team_id, job.root_hash));
  const { settings } = actionOf(chart.leaf(step.step_id)!);
  const sight = await sightOf(reader, act, job, chart.root);
  return { ...found, settings, filled: (text, form, further) => sight.filled(text, form, job, further) };
}

/**
 * What a run has come to, all of it or none. A run that is over changes nothing.
 * @throws BadRequest (400) for a value that the property does not take
 */
export async function settle(tx: Transactor, act: Act, run: RunRow, verdict: Verdict): Promise<void> {
  const found = await atWork(tx, run);
  if (!found) return tx.runs.remove(run);
  const { job } = found;
  switch (verdict.kind) {
    case 'done': {
      const { property, response, result } = verdict;
      await lockForWork(tx, job);
      const changed = property
        ? await applyUpdate(tx, act, job, { extendedProperties: [property] }, { byServer: true })
        : job;
      return completed(tx, act, changed, run, { response, result });
    }
    case 'failed':
      return broken(tx, act, job, run, verdict);
    case 'again':
      await tx.runs.change(run, { state: JSON.stringify(verdict.state), next_at: verdict.nextAt });
      if (verdict.telling) await emit(tx, [told(act, job, run, verdict.telling)]);
  }
}

/** The run is over. @param job as it is now */
export async function completed(
  tx: Transactor,
  act: Act,
  job: JobRow,
  run: RunRow,
  outcome: Outcome = {},
): Promise<void> {
  const work = new Work(await groundOf(tx, act, job));
  work.complete(work.step(run.step_id)!, outcome);
  await end(tx, work);
}

async function broken(tx: Transactor, act: Act, job: JobRow, run: RunRow, outcome: Outcome): Promise<void> {
  const work = new Work(await groundOf(tx, act, job));
  work.fail(work.step(run.step_id)!, outcome, act);
  await end(tx, work);
}

/** A question that broke off can be taken up again; nothing else needs anybody. */
function told(act: Act, job: JobRow, { step_id }: RunRow, { msg, msgCode }: Telling): NewEvent {
  const { Cancel, Refresh } = AllowedActions;
  return msgCode === 'asking-broken-off'
    ? eventOf(act, job, NotificationType.StepError, { stepId: step_id, msg, msgCode, allowedActions: Cancel + Refresh })
    : eventOf(act, job, NotificationType.StepProgress, { stepIds: [step_id], msg, msgCode, allowedActions: Cancel });
}
