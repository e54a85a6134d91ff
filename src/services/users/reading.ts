/**
 * Users as others see them: the caller, and everybody who works or worked in a team of the caller. Those who left or were disabled
 * are found by their ids, since history names them; lists leave them out unless they are asked for.
 */
import {
  type TeamRole,
  type User,
  type UserFetchResult,
  type UserModular,
  type UserOrder,
  UserOrderBy,
  type UserQueryResult,
  type UserSelectOpts,
  type UserWhereOpts,
} from '#gen/user_types';
import { BadRequest, NotFound } from '../../base/errors.ts';
import { cannotBeKey, searchWords } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import { requireMember, teamsOf } from '../../domain/privileges.ts';
import { attributesOf } from '../../engine/attributes.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { UserFilter } from '../../store/users.ts';
import { toAbacAttribute } from '../abac/attributes.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { known } from '../teams/members.ts';
import { systemException } from '../wire-errors.ts';
import { toMembership, toUser, toUserModular } from './wire.ts';

/** As many as a team can have in one list. */
const MOST_MEMBERS = 100_000;

export async function index(store: Store, call: Call, teamId: string, teamRoles: TeamRole[]): Promise<User[]> {
  const roles = known(teamRoles, 'teamRoles');
  requireMember(call.caller, teamId);
  const filter = { teamIds: [teamId], isRemoved: false, words: [], ...(roles.length > 0 ? { roles } : {}) };
  const users = await store.read(reader => reader.users.find(filter, BY_NAME, MOST_MEMBERS));
  return users.filter(user => user.disabled_at === null).map(toUser);
}

export const get = (store: Store, call: Call, userId: string): Promise<User> =>
  store.read(async reader => toUser(await visible(reader, call, userId)));

export async function fetch(
  store: Store,
  call: Call,
  userIds: string[],
): Promise<{ [userId: string]: UserFetchResult }> {
  const ids = checkedIds(userIds);
  const users = await store.read(reader => reader.users.find({ ...seenBy(call), userIds: ids }, [], ids.length));
  return results(ids, users.map(toUserModular), call);
}

export async function fetchByTeam(
  store: Store,
  call: Call,
  select: UserSelectOpts,
  teamId: string,
  userIds: string[],
): Promise<{ [userId: string]: UserFetchResult }> {
  const ids = checkedIds(userIds);
  requireMember(call.caller, teamId);
  const users = await store.read(async reader => {
    const found = await reader.users.find({ teamIds: [teamId], words: [], userIds: ids }, [], ids.length);
    return modular(reader, found, select, [teamId]);
  });
  return results(ids, users, call);
}

const MOST_SEARCHED = 200;

export function query(
  store: Store,
  call: Call,
  select: UserSelectOpts,
  where: UserWhereOpts,
  order: UserOrder[],
): Promise<UserQueryResult> {
  const { filter, teamIds } = checkedFilter(call, where);
  const orders = order.length > 0 ? order.map(checkedOrder) : BY_NAME;
  if (orders.length > 2)
    throw new BadRequest('limit-exceeded', `order: ${orders.length} keys; at most 2`, { limit: '2' });
  return store.read(async reader => {
    const key = await reader.files.signingKey('page');
    const page = pageOf(where.pageReq, ['users', filter, orders], key);
    const found = await reader.users.find(filter, orders, page.size, page.offset);
    const total = await reader.users.count(filter, page.countUpTo);
    const users = await modular(reader, found, select, teamIds);
    return { users, pageInfo: pageInfo(page, total, key) };
  });
}

function checkedFilter(call: Call, where: UserWhereOpts): { filter: UserFilter; teamIds: string[] } {
  const { teamId, teamRoles, isRemoved, txt } = where;
  const roles = known(teamRoles ?? [], 'whereOpts.teamRoles');
  const words = searchWords(bounded('whereOpts.txt.query', txt?.query ?? '', MOST_SEARCHED));
  if (teamId != null) requireMember(call.caller, teamId);
  const teamIds = teamId == null ? teamsOf(call.caller) : [teamId];
  const filter = {
    teamIds,
    words,
    ...(roles.length > 0 ? { roles } : {}),
    ...(isRemoved == null ? {} : { isRemoved }),
  };
  return { filter, teamIds };
}

/** @throws BadRequest (400) for one without a key */
function checkedOrder({ field, asc }: UserOrder) {
  const by = orderColumns[field];
  if (by === undefined) {
    throw new BadRequest('invalid-argument', 'order: a key without its field; expected NAME or EMAIL', {
      field: 'order',
    });
  }
  return { by, descending: !asc };
}

const orderColumns: Readonly<Partial<Record<UserOrderBy, 'search_key' | 'email'>>> = {
  [UserOrderBy.NAME]: 'search_key',
  [UserOrderBy.EMAIL]: 'email',
};
const BY_NAME = [{ by: 'search_key', descending: false }] as const;

/** With what select asks for: one statement per kind of thing, whatever the number of users. */
async function modular(
  reader: Reader,
  users: readonly Row<'users'>[],
  { includeTeamMembership, includeStats, includeAttributes }: UserSelectOpts,
  teamIds: readonly string[],
): Promise<UserModular[]> {
  const ids = users.map(user => user.user_id);
  const memberships = includeTeamMembership ? await reader.users.memberships(teamIds, ids) : [];
  const jobs = includeStats ? await reader.users.jobs(teamIds, ids) : [];
  const attributes = includeAttributes ? await attributesOf(reader, teamIds, 'user', ids) : undefined;
  return users.map(user => {
    const own = <T extends { user_id: string }>(rows: readonly T[]) => rows.filter(row => row.user_id === user.user_id);
    const byTeam = Map.groupBy(own(jobs), row => row.team_id);
    const count = (teamId: string, closed: number) => byTeam.get(teamId)?.find(row => row.closed === closed)?.jobs ?? 0;
    return {
      ...toUserModular(user),
      ...(includeTeamMembership && {
        teamIdToMembership: Object.fromEntries(own(memberships).map(row => [row.team_id, toMembership(row)])),
      }),
      ...(attributes && {
        teamIdToAttributes: Object.fromEntries(
          teamIds
            .map(teamId => [teamId, attributes(teamId, user.user_id).map(toAbacAttribute)] as const)
            .filter(([, values]) => values.length > 0),
        ),
      }),
      ...(includeStats && {
        teamIdToStats: Object.fromEntries(
          [...byTeam.keys()].map(teamId => [teamId, { completedJobs: count(teamId, 1), activeJobs: count(teamId, 0) }]),
        ),
      }),
    };
  });
}

/** @throws NotFound (404) for who never shared a team with the caller */
export async function visible(reader: Reader, call: Call, userId: string): Promise<Row<'users'>> {
  const [user] = await reader.users.find({ ...seenBy(call), userIds: [userId] }, [], 1);
  if (user) return user;
  throw userNotFound(userId);
}

const seenBy = ({ caller }: Call): UserFilter => ({ teamIds: teamsOf(caller), words: [], self: caller.userId });

export const userNotFound = (userId: string): NotFound =>
  new NotFound('user-not-found', `userId: no user ${userId} in your teams; index of the user service lists them`, {
    userId,
  });

/** The answers are maps by id. @throws BadRequest (400) */
function checkedIds(userIds: readonly string[]): string[] {
  const ids = checks.idList('userIds', userIds);
  const odd = ids.find(cannotBeKey);
  if (odd === undefined) return ids;
  throw new BadRequest('invalid-argument', `userIds: "${odd}" is no id of a user`, { userId: odd });
}

function results(
  ids: readonly string[],
  users: readonly UserModular[],
  call: Call,
): { [userId: string]: UserFetchResult } {
  const byId = new Map(users.map(user => [user.id, user]));
  return Object.fromEntries(
    ids.map(id => {
      const user = byId.get(id);
      return [id, user ? { user } : { err: systemException(userNotFound(id), call.requestId) }];
    }),
  );
}
