/**
 * Upgrading jobs of a list: to the entry of their template that is published now. What was done stays done, by step id
 * (domain/upgrade.ts); the current steps keep state and assignment and get what else the new entry says of them; those that the server
 * starts from now on it starts behind the commit. A job that is there already stays as it is. A preview judges just the same, and writes
 * nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import { JobHistoryAction, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { WrongState } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { leavesOf, stepsOnlyIn } from '../domain/upgrade.ts';
import type { Reader, Transactor } from '../store/database.ts';
import { GONE, type StepOfEntry } from '../store/job-lists.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { TemplateRow } from '../store/templates.ts';
import { queueStarts } from './actions/starts.ts';
import { changedFields, emit, eventOf } from './events.ts';
import { flowTextIn, keptFlow } from './flow-state.ts';
import { historyRow } from './history.ts';
import { called, closedIn, idsOf, inRow, type Judgement, type ListAct, runningIn } from './job-lists.ts';
import { putTextsOfAll } from './job-texts.ts';
import { percentOf } from './progress.ts';
import { convertProperties } from './upgrading-properties.ts';

interface Upgrade extends Judgement {
  /** The published entries by template id. */
  readonly entries: ReadonlyMap<string, TemplateRow>;
  readonly trees: ReadonlyMap<string, BaseStep>;
  /** The current steps, and those of them that the new entry lacks, by job id. */
  readonly current: ReadonlyMap<string, readonly JobStepRow[]>;
  readonly missing: ReadonlyMap<string, readonly JobStepRow[]>;
}

export const upgradeJobs: ListAct<Upgrade> = {
  privilege: 'jobUpgrade',
  done: 'upgraded',
  reach: 'alone',

  async judge(reader, teamId, jobs) {
    const templateIds = [...new Set(jobs.map(job => job.template_id))];
    const published = await reader.templates.entries([teamId], templateIds, 'published');
    const entries = new Map(published.map(entry => [entry.template_id, entry]));
    const trees = await reader.trees.trees(teamId, [
      ...published.map(entry => entry.root_hash),
      ...jobs.map(job => job.root_hash),
    ]);
    const steps = await reader.jobs.currentSteps(teamId, idsOf(jobs));
    const missing = Map.groupBy(lacking(jobs, steps, entries, trees), step => step.job_id);
    const obstacles = new Map<string, WrongState>([
      ...lacks(jobs, missing),
      ...unpublished(jobs, entries),
      ...runningIn(jobs, steps),
      ...closedIn(jobs, 'is closed; reopen it first'),
    ]);
    const current = Map.groupBy(steps, step => step.job_id);
    return { obstacles, entries, trees, current, missing };
  },

  async write(tx, act, teamId, all, { entries, trees, current }) {
    const jobs = all.filter(job => entries.get(job.template_id)!.internal_version !== job.internal_version);
    if (jobs.length === 0) return;
    const roots = new Map([...entries].map(([id, { root_hash }]) => [id, trees.get(root_hash)!]));
    const finished = await moveSteps(tx, teamId, jobs, roots);
    await convertProperties(tx, teamId, jobs, entries);
    await tx.jobLists.changeEach(
      jobs.map(job => {
        const chart = FlowChart.of(roots.get(job.template_id)!);
        const reached = { current: current.get(job.job_id) ?? [], finished: finished.get(job.job_id) ?? [] };
        return moved(job, entries.get(job.template_id)!, chart, reached);
      }),
    );
    for (const [templateId, same] of Map.groupBy(jobs, job => job.template_id)) {
      const { title, property_tables } = entries.get(templateId)!;
      const now = same.map(job => ({ ...job, template_title: title }));
      await putTextsOfAll(tx, teamId, now, PropertyTables.of(property_tables));
    }
    await tx.jobs.insertHistory(
      jobs.map(job =>
        historyRow(act, { team_id: teamId, job_id: job.job_id, seq: job.history_seq + 1 }, JobHistoryAction.Upgraded, {
          result: `from version ${job.template_version} to ${entries.get(job.template_id)!.published_version}`,
        }),
      ),
    );
    await emit(
      tx,
      jobs.map(job => {
        const version = entries.get(job.template_id)!.published_version;
        const facts = { ...changedFields({ diagramVersion: { integer: version } }), closed: false };
        return eventOf(act, job, NotificationType.JobUpdated, facts);
      }),
    );
    const becameAutomatic = (step: JobStepRow, job: JobRow): boolean =>
      step.state === StepState.READY &&
      step.automatic === 0 &&
      leavesOf(roots.get(job.template_id)!).get(step.step_id)?.flow?.automatic === true;
    const starting = jobs.flatMap(job => (current.get(job.job_id) ?? []).filter(step => becameAutomatic(step, job)));
    await queueStarts(tx, starting, act.now);
  },
};

function lacking(
  jobs: readonly JobRow[],
  steps: readonly JobStepRow[],
  entries: ReadonlyMap<string, TemplateRow>,
  trees: ReadonlyMap<string, BaseStep>,
): JobStepRow[] {
  const roots = new Map(
    jobs.map(job => [job.job_id, trees.get(entries.get(job.template_id)?.root_hash ?? '')] as const),
  );
  return steps.filter(step => {
    const root = roots.get(step.job_id);
    return root !== undefined && !leavesOf(root).has(step.step_id);
  });
}

const lacks = (jobs: readonly JobRow[], missing: ReadonlyMap<string, readonly JobStepRow[]>): [string, WrongState][] =>
  jobs.flatMap(job => {
    const steps = missing.get(job.job_id);
    if (!steps) return [];
    const titles = steps.map(step => `"${step.step_name}"`).join(', ');
    const message = `${called(job)} stands at ${titles}, which the published version does not have; finish that, or make another step current`;
    return [[job.job_id, new WrongState('upgrade-refused', message, { jobId: job.job_id, stepIds: inRow(steps) })]];
  });

const unpublished = (jobs: readonly JobRow[], entries: ReadonlyMap<string, TemplateRow>): [string, WrongState][] =>
  jobs
    .filter(job => !entries.has(job.template_id))
    .map(job => {
      const message = `${called(job)} has a template of which nothing is published; publish it first`;
      return [job.job_id, new WrongState('upgrade-refused', message, { jobId: job.job_id })];
    });

/** Jobs whose steps are read and written at once, so that memory does not grow with the list. */
const SLICE = 1000;

/**
 * Gives the steps that jobs have reached what their new entries say of them; those that are in none are gone.
 * @returns the steps of its new entry that each job has finished, by job id
 */
async function moveSteps(
  tx: Transactor,
  teamId: string,
  jobs: readonly JobRow[],
  roots: ReadonlyMap<string, BaseStep>,
): Promise<Map<string, string[]>> {
  const entries = new Map([...roots].map(([templateId, root]) => [templateId, stepsOf(root)]));
  const finished = new Map<string, string[]>();
  for (let at = 0; at < jobs.length; at += SLICE) {
    const slice = jobs.slice(at, at + SLICE);
    const reached = Map.groupBy(await tx.jobLists.reachedSteps(teamId, idsOf(slice)), step => step.job_id);
    const changed = slice.flatMap(job => {
      const steps = reached.get(job.job_id) ?? [];
      const entry = entries.get(job.template_id)!;
      const done = steps.filter(step => step.finished === 1 && entry.has(step.step_id));
      finished.set(
        job.job_id,
        done.map(step => step.step_id),
      );
      return steps.flatMap(({ finished: _, ...step }) => {
        const now = { ...step, ordinal: GONE, ...entry.get(step.step_id) };
        return isDeepStrictEqual(now, step) ? [] : [now];
      });
    });
    await tx.jobLists.changeSteps(changed);
  }
  return finished;
}

const stepsOf = (root: BaseStep): Map<string, StepOfEntry> =>
  new Map(
    [...leavesOf(root).values()].map(({ id, title, flow }, ordinal) => [
      id,
      {
        step_name: title,
        ordinal,
        can_skip: flow?.canSkip ? 1 : 0,
        proceed_next: flow?.proceedNext ? 1 : 0,
        automatic: flow?.automatic ? 1 : 0,
      },
    ]),
  );

/** What the head row of a job says behind an upgrade. */
function moved(
  job: JobRow,
  entry: TemplateRow,
  chart: FlowChart,
  reached: { readonly current: readonly JobStepRow[]; readonly finished: readonly string[] },
) {
  const flow_state = flowTextIn(chart, job);
  const progress = {
    chart,
    finishedLeaves: reached.finished.length,
    finished: new Set(reached.finished),
    passed: new Set(keptFlow({ flow_state }).passed),
    current: new Set(reached.current.map(step => step.step_id)),
  };
  return {
    team_id: job.team_id,
    job_id: job.job_id,
    template_version: entry.published_version,
    internal_version: entry.internal_version,
    finished_leaves: progress.finishedLeaves,
    percent_complete: job.percent_given === 1 ? job.percent_complete : percentOf(progress, entry.leaf_count),
    flow_state,
  };
}

/** What an upgrade would do to a job, whether it could be done or not. */
export interface Preview {
  readonly obstacle: WrongState | undefined;
  readonly from: number;
  /** 0 when nothing is published. */
  readonly to: number;
  readonly missing: readonly string[];
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
  readonly added: readonly string[];
}

/** Previews by job id. */
export async function previewUpgrade(
  reader: Reader,
  teamId: string,
  jobs: readonly JobRow[],
): Promise<Map<string, Preview>> {
  const { obstacles, entries, trees, missing } = await upgradeJobs.judge(reader, teamId, jobs);
  const finished = await reader.jobLists.finishedSteps(teamId, idsOf(jobs));
  const added = new Map<string, string[]>();
  return new Map(
    jobs.map(job => {
      const entry = entries.get(job.template_id);
      const root = trees.get(entry?.root_hash ?? job.root_hash)!;
      const before = trees.get(job.root_hash)!;
      const done = finished.get(job.job_id) ?? [];
      const leaves = leavesOf(root);
      const key = `${root.id} ${job.root_hash}`;
      if (!added.has(key)) added.set(key, stepsOnlyIn(root, before));
      const preview: Preview = {
        obstacle: obstacles.get(job.job_id),
        from: job.template_version,
        to: entry?.published_version ?? 0,
        missing: (missing.get(job.job_id) ?? []).map(step => step.step_id),
        kept: done.filter(id => leaves.has(id)),
        dropped: done.filter(id => !leaves.has(id)),
        added: added.get(key)!,
      };
      return [job.job_id, preview];
    }),
  );
}
