/** Events: whatever changes a job or a template tells of it in its own transaction. */
import type { JobValue } from '#gen/jobs_types';
import type { Notification, NotificationType } from '#gen/notifications_types';
import type { Transactor } from '../store/database.ts';
import type { NewEvent } from '../store/events.ts';
import type { Act } from './act.ts';

/** What a notification says beside what all of them say. */
export type Particulars = Partial<
  Omit<Notification, 'msgType' | 'jobId' | 'timestamp' | 'teamId' | 'cursor' | 'userId' | 'templateId'>
>;

/** What an event is about: a job, or a template without one. */
export interface Subject {
  readonly team_id: string;
  readonly template_id: string;
  readonly job_id?: string;
}

export const eventOf = (
  act: Act,
  subject: Subject,
  type: NotificationType,
  particulars: Particulars = {},
): NewEvent => ({
  team_id: subject.team_id,
  at: act.now,
  type,
  job_id: subject.job_id ?? null,
  template_id: subject.template_id,
  user_id: act.caller.userId || null,
  body: JSON.stringify(particulars),
});

/** What a row of an event says beside the notification: whose the job was, which can be asked no more. Ids of users and groups. */
export interface Concerning {
  readonly concerned?: readonly string[];
}

/** The event of something that then is gone. @param concerned ids of users and groups */
export const lastEventOf = (
  act: Act,
  subject: Subject,
  type: NotificationType,
  concerned: Iterable<string>,
): NewEvent => ({
  ...eventOf(act, subject, type),
  body: JSON.stringify({ concerned: [...new Set(concerned)] } satisfies Concerning),
});

/** Writes events of any teams. One statement per team. */
export async function emit(tx: Transactor, events: readonly NewEvent[]): Promise<void> {
  for (const own of Map.groupBy(events, event => event.team_id).values()) await tx.events.add(own);
}

/** What JobUpdated says of fields of the job: their new values; undefined where there is none any more. */
export const changedFields = (fields: Readonly<Record<string, JobValue | undefined>>): Particulars => ({
  properties: {
    jobProperties: Object.entries(fields).map(([propertyName, value]) => ({ propertyName, ...(value && { value }) })),
    extendedProperties: [],
    relatedProperties: [],
  },
});

/** What JobUpdated says of one field that is a text now. */
export const changedText = (propertyName: string, text: string): Particulars =>
  changedFields({ [propertyName]: { text } });

/** Tells of one job or template. */
export const emitOne = (
  tx: Transactor,
  act: Act,
  subject: Subject,
  type: NotificationType,
  particulars: Particulars = {},
): Promise<void> => emit(tx, [eventOf(act, subject, type, particulars)]);
