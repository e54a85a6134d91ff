/** What people answer to steps: to a question, by the location of the job, or by asking that the server look again. */
import type { GeometryType, QuestionAction } from '#gen/flow_types';
import { GeometryType as Kinds } from '#gen/flow_types';
import { JobActionStepStatus, type StepInfoResponse, StepState } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { resumed } from '../../domain/calling-out/external-service.ts';
import { isAllowedKind } from '../../domain/geometry/location.ts';
import { has } from '../../domain/privileges.ts';
import { actionOf, refuseAnswer, refuseRefresh } from '../../domain/work.ts';
import type { Transactor } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { RunRow } from '../../store/runs.ts';
import type { Act } from '../act.ts';
import { addComment } from '../commenting.ts';
import { groundOf } from '../ground.ts';
import { end, type StepAnswer, workOnSteps } from '../running.ts';
import { Work } from '../work.ts';

/** @throws BadRequest (400) for an answer that was not offered, and a comment that is missing or not allowed: the step waits on */
export async function respondToStep(
  tx: Transactor,
  act: Act,
  job: JobRow,
  { stepId, questionResponse, comment }: StepInfoResponse,
): Promise<StepAnswer[]> {
  let isTaken = false;
  const answers = await workOnSteps(tx, act, job, [stepId], (work, step, worker) => {
    const status = refuseAnswer(work.seen(step), worker);
    if (status !== JobActionStepStatus.Success) return status;
    const { question } = work.actionOf(step).settings;
    if (!question)
      throw new BadRequest(
        'invalid-argument',
        `response.stepId: step "${step.step_name}" asks no question; it waits for the location of the job, which setJobLocation sets`,
        { stepId },
      );
    checkAnswer(question, questionResponse, comment ?? '');
    isTaken = true;
    return work.complete(work.taken(step), { response: questionResponse, result: questionResponse });
  });
  if (!isTaken || !comment) return answers;
  const [answered] = await tx.jobs.jobs([job.team_id], [job.job_id]);
  await addComment(tx, act, answered!, comment);
  return answers;
}

function checkAnswer(
  { responses, canComment, commentRequired }: QuestionAction,
  answer: string,
  comment: string,
): void {
  if (!responses.some(({ value }) => value === answer)) {
    const offered = responses.map(({ value }) => `"${value}"`).join(', ');
    throw invalid('questionResponse', `"${answer.slice(0, 100)}" was not offered; expected one of ${offered}`);
  }
  if (commentRequired && comment.trim() === '') throw invalid('comment', 'empty; this question asks for a comment');
  if (!canComment && !commentRequired && comment !== '')
    throw invalid('comment', 'this question takes no comment; leave it unset, or use addJobComment');
}

const invalid = (field: string, what: string): BadRequest =>
  new BadRequest('invalid-argument', `response.${field}: ${what}`, { field: `response.${field}` });

/** Steps that wait for a location of this kind are over. One statement where nothing waits. @param job with its location */
export async function locationDefined(tx: Transactor, act: Act, job: JobRow, kind: GeometryType): Promise<void> {
  const current = await tx.jobs.currentSteps(job.team_id, [job.job_id]);
  if (!current.some(({ state }) => state === StepState.WAITING_FOR_INFO)) return;
  const ground = await groundOf(tx, act, job);
  const waiting = ground.current.filter(({ step_id, state }) => {
    const { defineLocation } = actionOf(ground.chart.leaf(step_id)!).settings;
    return state === StepState.WAITING_FOR_INFO && defineLocation && isAllowedKind(kind, defineLocation.geometryTypes);
  });
  if (waiting.length === 0) return;
  const work = new Work(ground);
  for (const { step_id } of waiting) work.complete(work.step(step_id)!, { result: Kinds[kind] });
  await end(tx, work);
}

/** Has the server look again at what it carries on: at once where the asking broke off, or where the step waits for other jobs. */
export async function refreshSteps(
  tx: Transactor,
  act: Act,
  job: JobRow,
  stepIds: readonly string[],
): Promise<StepAnswer[]> {
  const isAdmin = (['adminBasic', 'adminAdvanced'] as const).some(right => has(act.caller, job.team_id, right));
  const answers = await workOnSteps(tx, act, job, stepIds, (work, step, worker) =>
    refuseRefresh(work.seen(step), worker, isAdmin),
  );
  const running = answers.filter(({ status }) => status === JobActionStepStatus.Success).map(({ stepId }) => stepId);
  const runs = running.length === 0 ? [] : await tx.runs.ofSteps(job.team_id, job.job_id, running);
  for (const run of runs) {
    const state = stateToGoOn(run);
    if (state) await tx.runs.change(run, { state: JSON.stringify(state), next_at: act.now });
  }
  tx.wakeWorkers();
  return answers;
}

/** undefined for a run that goes on by itself. */
function stateToGoOn({ kind, state, next_at }: RunRow): object | undefined {
  if (kind === 'externalService') return resumed(JSON.parse(state));
  return next_at === null ? JSON.parse(state) : undefined;
}
