/** Where jobs stand: what a reader hears first of the jobs that it names. */
import { StepState } from '#gen/jobs_types';
import {
  AllowedActions,
  type Notification,
  NotificationType,
  type StepMessage,
  type StepStateInfo,
} from '#gen/notifications_types';
import { mayWorkOn } from '../../domain/work.ts';
import { askedAnew } from '../../engine/actions/asked-anew.ts';
import type { Particulars } from '../../engine/events.ts';
import type { Reader } from '../../store/database.ts';
import { type EventRow, stepKey } from '../../store/events.ts';
import type { JobRow, JobStepRow } from '../../store/jobs.ts';
import type { Viewer } from './filter.ts';
import { unasked } from './looking.ts';

/** For whom and when. */
export interface Asked {
  readonly viewer: Viewer;
  readonly now: number;
  readonly senderId: string;
}

/** One JobState for each of the jobs that the team has, in their order. At most three statements, and three where questions are older than events. */
export async function jobStates(
  reader: Reader,
  asked: Asked,
  teamId: string,
  jobIds: readonly string[],
): Promise<Notification[]> {
  const found = new Map((await reader.jobs.jobs([teamId], jobIds)).map(job => [job.job_id, job]));
  const jobs = jobIds.flatMap(jobId => found.get(jobId) ?? []);
  const open = jobs.filter(job => job.closed === 0).map(job => job.job_id);
  const steps = Map.groupBy(await reader.jobs.currentSteps(teamId, open), step => step.job_id);
  const begun = open.filter(jobId => steps.get(jobId)?.some(step => step.state !== StepState.READY));
  const messages = Map.groupBy(await reader.events.messagesOfRuns(teamId, begun), row => row.job_id!);
  const current = [...steps.values()].flat();
  const said = new Map(
    current.map(step => {
      const ofJob = (messages.get(step.job_id) ?? []).map(row => ({ row, body: JSON.parse(row.body) }));
      return [step, ofJob.find(isAbout(step))] as const;
    }),
  );
  const forgotten = current.filter(step => step.state === StepState.WAITING_FOR_INFO && !said.get(step));
  const anew = await askedAnew(reader, teamId, jobs, forgotten);
  const messageOf = (step: JobStepRow): Said | undefined => said.get(step) ?? saidAnew(step, anew);
  return jobs.map(job => {
    const stepStates = (steps.get(job.job_id) ?? []).map(step => stepState(step, messageOf(step), asked.viewer));
    return jobState(job, stepStates, asked);
  });
}

/** Starting is told by the step itself: it is no message of the run that is looked for. */
const isAbout =
  ({ step_id, started_at }: JobStepRow) =>
  ({ row, body }: Said): boolean =>
    row.at >= (started_at ?? 0) && (body.stepId === step_id || (body.stepIds?.includes(step_id) ?? false));

function saidAnew(step: JobStepRow, anew: ReadonlyMap<string, Particulars>): Said | undefined {
  const body = anew.get(stepKey(step.job_id, step.step_id));
  return body && { row: { at: step.started_at ?? 0, type: NotificationType.StepInfoRequired }, body };
}

const jobState = (job: JobRow, stepStates: StepStateInfo[], { now, senderId }: Asked): Notification => ({
  msgType: NotificationType.JobState,
  jobId: job.job_id,
  timestamp: now,
  teamId: job.team_id,
  templateId: job.template_id,
  jobStatus: job.status,
  closed: job.closed === 1,
  stepStates,
  senderId,
});

/** A message of a run, with what it says. */
interface Said {
  readonly row: Pick<EventRow, 'at' | 'type'>;
  readonly body: Partial<Notification>;
}

function stepState(step: JobStepRow, said: Said | undefined, viewer: Viewer): StepStateInfo {
  const messageDetails = lastMessage(step, said, viewer);
  return {
    stepId: step.step_id,
    stepName: step.step_name,
    ...(step.assigned_to !== null && { assignedTo: step.assigned_to }),
    assignedType: step.assigned_type,
    canSkip: step.can_skip === 1,
    ...(messageDetails && { messageDetails }),
    state: step.state,
  };
}

/** What the run said last. */
function lastMessage(step: JobStepRow, last: Said | undefined, viewer: Viewer): StepMessage | undefined {
  const begin = BEGINNINGS[step.state as StepState];
  if (!begin) return undefined;
  const allowedActions = last?.body.allowedActions ?? allowed(step);
  if (!last) return { msgType: begin, timestamp: step.started_at ?? 0, allowedActions };
  const { msg, msgCode, question, questionResponses, canComment, commentRequired } = isAssigned(step, viewer)
    ? last.body
    : (unasked(last.body) as Partial<Notification>);
  return {
    msgType: last.row.type,
    timestamp: last.row.at,
    allowedActions,
    ...Object.fromEntries(
      Object.entries({ msg, msgCode, question, questionResponses, canComment, commentRequired }).filter(
        ([, value]) => value != null,
      ),
    ),
  };
}

/** Whether the viewer may answer what the step asks: what is nobody's, anybody may. */
const isAssigned = (step: JobStepRow, viewer: Viewer): boolean =>
  mayWorkOn({ assignedType: step.assigned_type, assignedTo: step.assigned_to }, viewer);

/** The message that brings a step into a state, where it was not kept. */
const BEGINNINGS: Readonly<Record<StepState, NotificationType | undefined>> = {
  [StepState.READY]: undefined,
  [StepState.RUNNING]: NotificationType.StepStarted,
  [StepState.WAITING_FOR_INFO]: NotificationType.StepInfoRequired,
  [StepState.COMPLETED]: NotificationType.StepStopped,
  [StepState.PAUSED]: NotificationType.StepPaused,
  [StepState.CANCELLED]: NotificationType.StepCancelled,
  [StepState.ERROR]: NotificationType.StepError,
};

/** What may be done with a step, where its last message does not say so. */
function allowed({ state, automatic }: JobStepRow): number {
  const { Cancel, Pause, Finish, Refresh } = AllowedActions;
  switch (state) {
    case StepState.RUNNING:
      return automatic === 1 ? Cancel + Refresh : Pause + Finish;
    case StepState.WAITING_FOR_INFO:
      return Cancel;
    case StepState.COMPLETED:
    case StepState.PAUSED:
      return Finish;
    default:
      return 0;
  }
}
