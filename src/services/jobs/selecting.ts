/** Which jobs queries and statistics are about: the team, the filter, the words, and the place. */
import type { JobStatisticsDetails, Query } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { asksForNow, type Filter, fieldsNamed, namedUsers, parseFilter } from '../../domain/filter/filter.ts';
import { spatialExtent } from '../../domain/geometry/spatial-extent.ts';
import { requireMember, roleNames, teamsOf } from '../../domain/privileges.ts';
import { searchTerms, type Term } from '../../domain/search.ts';
import type { Reader } from '../../store/database.ts';
import type { JobQueryValues, JobSelection } from '../../store/job-queries/queries.ts';
import type { Call } from '../call.ts';
import type { QueryFields } from './query-fields.ts';

type Asked = Pick<Query & JobStatisticsDetails, 'q' | 'search' | 'spatialExtent' | 'hasLocation' | 'teamId'>;

/** What was asked, but for the filter: that is read when the fields are known. */
export interface Selecting {
  readonly teamId: string;
  readonly q: string | undefined;
  readonly terms: readonly Term[];
  readonly extent: JobQueryValues['extent'];
  readonly hasLocation: boolean | undefined;
}

/** @throws BadRequest (400), NotFound (404) for a foreign team */
export function selecting(call: Call, asked: Asked): Selecting {
  const { q, search, spatialExtent: extent, hasLocation } = asked;
  if (!q && !search)
    throw new BadRequest(
      'invalid-argument',
      'q: neither q nor search is given; expected a filter such as closed = 0, or words',
      { field: 'q' },
    );
  return {
    teamId: teamOf(call, asked.teamId),
    q: q || undefined,
    terms: search ? searchTerms('search', search) : [],
    extent: extent == null ? undefined : spatialExtent('spatialExtent', extent),
    hasLocation: hasLocation ?? undefined,
  };
}

/** Unset, the only team of the caller. */
function teamOf({ caller }: Call, teamId: string | null | undefined): string {
  if (teamId != null && teamId !== '') {
    requireMember(caller, teamId);
    return teamId;
  }
  const [only, another] = teamsOf(caller);
  if (only !== undefined && another === undefined) return only;
  throw new BadRequest(
    'invalid-argument',
    `teamId: unset, and you work in ${teamsOf(caller).length} teams; name one, index of the team service lists yours`,
    { field: 'teamId' },
  );
}

export interface Selected {
  readonly filter: Filter | undefined;
  readonly selection: JobSelection;
  readonly values: JobQueryValues;
  /** What is found depends on the time of the call. */
  readonly isOfNow: boolean;
}

/** At most one statement for the users that the filter names, and two for words. @throws BadRequest (400) */
export async function selected(reader: Reader, call: Call, asked: Selecting, fields: QueryFields): Promise<Selected> {
  const { teamId, q, extent, hasLocation } = asked;
  const filter = q === undefined ? undefined : parseFilter(q, fields.list, 'q');
  for (const field of filter ? fieldsNamed(filter) : []) fields.check('q', field);
  const terms = asked.terms.length === 0 ? [] : await reader.jobQueries.resolved(teamId, asked.terms, roleNames);
  const first = terms.length === 0 ? undefined : await reader.jobQueries.rare(teamId, terms);
  return {
    filter,
    selection: {
      filter,
      inExtent: extent !== undefined,
      hasLocation,
      terms: terms.length,
      fromTerm: first !== undefined,
    },
    values: {
      now: call.now,
      callerId: call.caller.userId,
      users: filter ? await usersNamed(reader, teamId, namedUsers(filter)) : new Map(),
      teamId,
      extent,
      terms,
      first,
      elsewhere: fields.elsewhere,
    },
    isOfNow: filter !== undefined && asksForNow(filter),
  };
}

async function usersNamed(reader: Reader, teamId: string, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const ids = await reader.jobQueries.usersAt(
    teamId,
    names.map(name => name.toLowerCase()),
  );
  return new Map(names.flatMap(name => [[name, ids.get(name.toLowerCase()) ?? name] as const]));
}
