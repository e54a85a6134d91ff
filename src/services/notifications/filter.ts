/** Which events a reader wants, and who it is that reads. */
import { MAX_EVENTS_PER_POLL, type NotificationFilter } from '#gen/notifications_types';
import { BadRequest } from '../../base/errors.ts';
import { type Caller, has, requireMember, rightsIn, teamsOf } from '../../domain/privileges.ts';
import type { EventRow } from '../../store/events.ts';
import { idList } from '../checks.ts';

const DEFAULT_EVENTS = 100;

/** What a reader wants of the events of one team. A set that is absent wants all. */
export interface Wanted {
  readonly teamId: string;
  readonly jobIds: ReadonlySet<string> | undefined;
  readonly templateIds: ReadonlySet<string> | undefined;
  readonly msgTypes: ReadonlySet<number> | undefined;
  readonly mine: boolean;
  readonly maxEvents: number;
}

/** Who reads: what it may see depends on it. */
export interface Viewer {
  readonly userId: string;
  readonly groups: readonly string[];
  /** Sees templates that a team's rule hides from others. */
  readonly seesHidden: boolean;
}

export const viewerOf = (caller: Caller, teamId: string): Viewer => ({
  userId: caller.userId,
  groups: rightsIn(caller, teamId).groups,
  seesHidden: has(caller, teamId, 'adminBasic'),
});

/** @throws BadRequest (400), NotFound (404) for a team that the caller does not work in */
export function wantedBy(caller: Caller, filter: NotificationFilter): Wanted {
  const teamId = filter.teamId || ownTeam(caller);
  requireMember(caller, teamId);
  return wantedIn(teamId, filter);
}

/** @throws BadRequest (400) */
export function wantedIn(
  teamId: string,
  { jobIds, templateIds, msgTypes, mine, maxEvents }: NotificationFilter,
): Wanted {
  const most = maxEvents ?? DEFAULT_EVENTS;
  if (most < 1 || most > MAX_EVENTS_PER_POLL)
    throw new BadRequest('invalid-argument', `filter.maxEvents: ${most}; expected 1 to ${MAX_EVENTS_PER_POLL}`, {
      'filter.maxEvents': String(most),
    });
  return {
    teamId,
    jobIds: setOf(idList('filter.jobIds', jobIds ?? [])),
    templateIds: setOf(idList('filter.templateIds', templateIds ?? [])),
    msgTypes: setOf(msgTypes ?? []),
    mine: mine ?? false,
    maxEvents: most,
  };
}

const setOf = <T>(values: readonly T[]): ReadonlySet<T> | undefined =>
  values.length === 0 ? undefined : new Set(values);

function ownTeam(caller: Caller): string {
  const [teamId, another] = teamsOf(caller);
  if (teamId !== undefined && another === undefined) return teamId;
  throw new BadRequest('invalid-argument', 'filter.teamId: unset, and you do not work in exactly one team; name one', {
    field: 'filter.teamId',
  });
}

/** Whether the filter lets every event through, so far as it does not depend on the reader. */
export const wantsAll = ({ jobIds, templateIds, msgTypes, mine }: Wanted): boolean =>
  !jobIds && !templateIds && !msgTypes && !mine;

/** As far as the event itself tells. */
export const meets = (row: EventRow, { jobIds, templateIds, msgTypes, mine }: Wanted): boolean =>
  (!jobIds || (row.job_id !== null && jobIds.has(row.job_id))) &&
  (!templateIds || (row.template_id !== null && templateIds.has(row.template_id))) &&
  (!msgTypes || msgTypes.has(row.type)) &&
  (!mine || row.job_id !== null);
