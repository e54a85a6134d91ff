/**
 * One look for events behind a position: those that the filter wants and the reader may see, in order, and where to go on.
 *
 * Jobs are seen by the members of their team; templates too, but for those that a team's rule hides (job-templates/access.ts).
 * What a step asks is told to those to whom it is assigned; others hear that it asks.
 */
import { NotificationType } from '#gen/notifications_types';
import type { Position } from '../../domain/cursors.ts';
import type { Concerning } from '../../engine/events.ts';
import { LOOK } from '../../engine/watching.ts';
import type { Reader } from '../../store/database.ts';
import { type EventRow, stepKey } from '../../store/events.ts';
import { meets, type Viewer, type Wanted, wantsAll } from './filter.ts';

export interface Found {
  readonly rows: readonly EventRow[];
  /** Behind everything that was looked at. */
  readonly end: Position;
  /** Since when there may be events that were not looked at, in epoch milliseconds; undefined: there are none. */
  readonly unreadSince: number | undefined;
}

/** At most four statements. @param kept what is behind `from`, where it is known */
export async function look(
  reader: Reader,
  viewer: Viewer,
  wanted: Wanted,
  from: Position,
  kept?: readonly EventRow[],
): Promise<Found> {
  const limit = kept || !wantsAll(wanted) ? LOOK : wanted.maxEvents + 1;
  const read = kept ?? (await reader.events.after(wanted.teamId, from, limit));
  const met = read.filter(row => meets(row, wanted));
  return foundIn(read, await visible(reader, viewer, wanted, met), wanted, from, limit);
}

/** As look, where the events are known and the database need not be asked who may see them; undefined: it must. */
export function lookAt(kept: readonly EventRow[], viewer: Viewer, wanted: Wanted, from: Position): Found | undefined {
  const met = kept.filter(row => meets(row, wanted));
  return met.some(row => depends(row, viewer, wanted)) ? undefined : foundIn(kept, met, wanted, from, LOOK);
}

/** Whether the database knows more of who may see it. */
const depends = ({ type, job_id }: EventRow, { seesHidden }: Viewer, { mine }: Wanted): boolean =>
  mine || type === NotificationType.StepInfoRequired || (job_id === null && !seesHidden);

/** @param limit as many as could be read */
function foundIn(
  read: readonly EventRow[],
  seen: readonly EventRow[],
  { maxEvents }: Wanted,
  from: Position,
  limit: number,
): Found {
  const rows = seen.slice(0, maxEvents);
  const isCut = rows.length < seen.length;
  const last = isCut ? rows.at(-1) : read.at(-1);
  const isMore = isCut || read.length >= limit;
  return { rows, end: last ?? from, unreadSince: isMore ? last?.at : undefined };
}

async function visible(reader: Reader, viewer: Viewer, wanted: Wanted, rows: readonly EventRow[]): Promise<EventRow[]> {
  if (!rows.some(row => depends(row, viewer, wanted))) return [...rows];
  const { teamId } = wanted;
  const jobIds = jobsIn(rows);
  const mine = wanted.mine ? await reader.events.jobsOf(viewer.userId, viewer.groups, teamId, jobIds) : undefined;
  const hidden = await hiddenTemplates(reader, viewer, teamId, rows);
  const seen = rows.filter(row =>
    row.job_id === null ? !hidden.has(row.template_id ?? '') : !mine || mine.has(row.job_id) || wasOf(row, viewer),
  );
  return withoutForeignQuestions(reader, viewer, teamId, seen);
}

/** Whether a job that is gone was the viewer's. */
function wasOf({ type, body }: EventRow, { userId, groups }: Viewer): boolean {
  if (type !== NotificationType.JobDeleted) return false;
  const { concerned }: Concerning = JSON.parse(body);
  return concerned?.some(id => id === userId || groups.includes(id)) ?? false;
}

const jobsIn = (rows: readonly EventRow[]): string[] => [...new Set(rows.flatMap(row => row.job_id ?? []))];

async function hiddenTemplates(
  reader: Reader,
  viewer: Viewer,
  teamId: string,
  rows: readonly EventRow[],
): Promise<ReadonlySet<string>> {
  const templateIds = [...new Set(rows.flatMap(row => (row.job_id === null ? (row.template_id ?? []) : [])))];
  if (templateIds.length === 0 || viewer.seesHidden) return new Set();
  const [team] = await reader.people.teams([teamId]);
  if (!team || JSON.parse(team.config).restrictTemplatesByAttributes !== true) return new Set();
  return reader.attributes.hiddenFrom(viewer.userId, [teamId], templateIds);
}

async function withoutForeignQuestions(
  reader: Reader,
  { userId, groups }: Viewer,
  teamId: string,
  rows: EventRow[],
): Promise<EventRow[]> {
  const asking = rows.filter(({ type }) => type === NotificationType.StepInfoRequired);
  if (asking.length === 0) return rows;
  const own = await reader.events.assignedSteps(userId, groups, teamId, jobsIn(asking));
  return rows.map(row => {
    if (row.type !== NotificationType.StepInfoRequired) return row;
    const body = JSON.parse(row.body);
    return own.has(stepKey(row.job_id ?? '', body.stepId)) ? row : { ...row, body: JSON.stringify(unasked(body)) };
  });
}

/** What others hear of a question: that there is one. Where it is the message as well, they get another. */
export function unasked(body: Record<string, unknown>): Record<string, unknown> {
  const { question, questionResponses, canComment, commentRequired, ...left } = body;
  return question !== undefined && left.msg === question ? { ...left, msg: 'a question waits for its answer' } : left;
}
