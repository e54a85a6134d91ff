/**
 * Reopening closed jobs of a list. The current steps of a closed job rest in place and are current again by that alone. A job that had
 * come to its end has none: there the step that was finished last is current again, as if it had not been finished, and what was passed
 * over behind it is ahead again. What released
 * itself by the closing, such as dependencies of other jobs, stays released.
 */
import type { JobDefaults } from '#gen/flow_types';
import { JobHistoryAction, StepState } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import { WrongState } from '../base/errors.ts';
import { FlowChart } from '../domain/flow.ts';
import { FIRST_STATUS } from '../domain/jobs.ts';
import { jobNamesOf } from '../domain/team-config.ts';
import { percentComplete } from '../domain/work.ts';
import type { Transactor } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import { changedFields, emit, eventOf } from './events.ts';
import { flowTextBefore, keptFlow } from './flow-state.ts';
import { historyRow } from './history.ts';
import { called, idsOf, type Judgement, type ListAct } from './job-lists.ts';
import { percentOf } from './progress.ts';

interface Reopened extends Judgement {
  /** The current steps that are at rest, by job id; none where a job had come to its end. */
  readonly resting: ReadonlyMap<string, readonly Pick<JobStepRow, 'step_id'>[]>;
}

const UNFINISHED = {
  current: 1,
  state: StepState.READY,
  started_at: null,
  started_by: null,
  finished_at: null,
  finished_by: null,
  response: null,
  result: null,
};

export const reopenJobs: ListAct<Reopened> = {
  privilege: 'jobReopenClosed',
  done: 'reopened',
  reach: 'alone',

  async judge(reader, teamId, jobs) {
    const open = jobs.filter(job => job.closed === 0);
    const steps = await reader.jobs.currentSteps(teamId, idsOf(jobs));
    return {
      obstacles: new Map(open.map(job => [job.job_id, isOpen(job)])),
      resting: Map.groupBy(steps, step => step.job_id),
    };
  },

  async write(tx, act, teamId, jobs, { resting }) {
    const ended = jobs.filter(job => !resting.has(job.job_id));
    const again = ended.length === 0 ? [] : await tx.jobLists.finishedLast(teamId, idsOf(ended));
    await tx.jobLists.changeSteps(again.map(step => ({ ...step, ...UNFINISHED })));
    const current = new Map([...resting, ...Map.groupBy(again, step => step.job_id)]);
    const unfinished = new Set(idsOf(again));
    const flows = new Map(
      jobs.map(job => [job.job_id, unfinished.has(job.job_id) ? flowTextBefore(job) : job.flow_state]),
    );
    const percents = await counted(
      tx,
      teamId,
      jobs.map(job => ({ ...job, flow_state: flows.get(job.job_id)! })),
      current,
    );
    const [team] = await tx.people.teams([teamId]);
    const { statuses } = jobNamesOf(team!.config);
    const changes = jobs.map(job => ({
      team_id: teamId,
      job_id: job.job_id,
      closed: 0,
      closed_by: null,
      end_date: null,
      status: firstStatus(job, statuses),
      finished_leaves: job.finished_leaves - (unfinished.has(job.job_id) ? 1 : 0),
      percent_complete: percents.get(job.job_id) ?? job.percent_complete,
      flow_state: flows.get(job.job_id)!,
    }));
    await tx.jobLists.changeEach(changes);
    await tx.jobs.insertHistory(
      jobs.map(job =>
        historyRow(act, { team_id: teamId, job_id: job.job_id, seq: job.history_seq + 1 }, JobHistoryAction.Reopened),
      ),
    );
    await emit(
      tx,
      jobs.map((job, index) => eventOf(act, job, NotificationType.JobUpdated, toldOfReopening(changes[index]!))),
    );
  },
};

const toldOfReopening = ({ status, percent_complete }: Pick<JobRow, 'status' | 'percent_complete'>) => ({
  ...changedFields({
    jobStatus: { text: status },
    percentComplete: { number: percent_complete },
    endDate: undefined,
  }),
  closed: false,
});

/** How far the jobs have come whose figure nobody has given, by job id; the steps that are unfinished again are so already. */
async function counted(
  tx: Transactor,
  teamId: string,
  jobs: readonly JobRow[],
  current: Reopened['resting'],
): Promise<Map<string, number>> {
  const own = jobs.filter(job => job.percent_given === 0);
  const finished = await tx.jobLists.finishedSteps(teamId, idsOf(own));
  const passing = own.filter(job => job.flow_state !== null);
  const trees = await tx.trees.trees(
    teamId,
    passing.map(job => job.root_hash),
  );
  return new Map(
    own.map(job => {
      const done = finished.get(job.job_id) ?? [];
      const root = trees.get(job.root_hash);
      const percent = root
        ? percentOf(
            {
              chart: FlowChart.of(root),
              finishedLeaves: done.length,
              finished: new Set(done),
              passed: new Set(keptFlow(job).passed),
              current: new Set((current.get(job.job_id) ?? []).map(step => step.step_id)),
            },
            job.leaf_count,
          )
        : percentComplete(done.length, job.leaf_count);
      return [job.job_id, percent];
    }),
  );
}

const isOpen = (job: JobRow): WrongState =>
  new WrongState('job-open', `${called(job)} is open; leave it out of the list`, { jobId: job.job_id });

/** The status that a new job of the template would get. */
function firstStatus(job: JobRow, statuses: readonly string[]): string {
  const { jobStatus }: JobDefaults = JSON.parse(job.defaults);
  return jobStatus != null && statuses.includes(jobStatus) ? jobStatus : FIRST_STATUS;
}
