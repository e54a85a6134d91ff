/** Which data sheet sets a caller may see and change, and what pages of them are made of. */
import type { PageInfo, PageReq } from '#gen/common_types';
import { BadRequest, NotFound, ResourceArchived } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import { requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import type { Reader, Transactor } from '../../store/database.ts';
import type { CellRow, SetRow, SheetFilter, SheetOrder, Slice } from '../../store/sheets.ts';
import type { Call } from '../call.ts';
import type { Authors } from './wire.ts';

/** @throws NotFound (404) */
export async function visibleSet(reader: Reader, call: Call, setId: string): Promise<SetRow> {
  const set = await reader.sheets.set(teamsOf(call.caller), setId);
  if (set) return set;
  throw new NotFound(
    'data-sheet-set-not-found',
    `dsSetId: no data sheet set ${setId} in your teams; querySets lists them`,
    {
      dsSetId: setId,
    },
  );
}

/** Behind the set's lock. @throws NotFound (404), InsufficientPermissions (476) */
export async function permittedSet(tx: Transactor, call: Call, setId: string): Promise<SetRow> {
  const set = await visibleSet(tx, call, setId);
  requirePrivilege(call.caller, set.team_id, 'templateEdit');
  await tx.sheets.lockSet(set);
  return visibleSet(tx, call, setId);
}

/** @throws ResourceArchived (601) besides */
export async function openSet(tx: Transactor, call: Call, setId: string): Promise<SetRow> {
  const set = await permittedSet(tx, call, setId);
  if (set.archived_at === null) return set;
  throw new ResourceArchived(
    'data-sheet-set-archived',
    `the set "${set.name}" is archived; unarchiveSet makes it usable again`,
    {
      dsSetId: setId,
    },
  );
}

export async function authorsOf(reader: Reader, rows: readonly { readonly author_id: string }[]): Promise<Authors> {
  const ids = [...new Set(rows.map(row => row.author_id))];
  const users = ids.length > 0 ? await reader.people.users(ids) : [];
  return new Map(users.map(user => [user.user_id, user]));
}

/** Values that one answer may have. */
export const MOST_CELLS = 100_000;

/** @throws BadRequest (400) when there are more than an answer may have */
export function refuseTooManyCells(cells: readonly CellRow[]): void {
  if (cells.length <= MOST_CELLS) return;
  throw new BadRequest(
    'limit-exceeded',
    `the answer would have more than ${MOST_CELLS} values; ask for fewer sheets at once`,
    {
      limit: String(MOST_CELLS),
    },
  );
}

/** One page: its rows, and where it stands. */
export async function paged<T>(
  reader: Reader,
  request: PageReq | null | undefined,
  query: unknown,
  rows: (slice: Slice) => Promise<T[]>,
  count: (upTo: number | undefined) => Promise<number>,
): Promise<{ rows: T[]; info: PageInfo }> {
  const key = await reader.files.signingKey('page');
  const page = pageOf(request, query, key);
  const found = await rows({ offset: page.offset, limit: page.size });
  return { rows: found, info: pageInfo(page, await count(page.countUpTo), key) };
}

const MOST_SEARCHED = 200;

export function filterOf(opts: {
  showArchived?: boolean | null;
  onlyArchived?: boolean | null;
  title?: string | null;
}): SheetFilter {
  const archived = opts.onlyArchived ? { isArchived: true } : opts.showArchived ? {} : { isArchived: false };
  const title = sameName(bounded('opts.title', opts.title ?? '', MOST_SEARCHED));
  return { ...archived, ...(title === '' ? {} : { title }) };
}

/** By name, when nothing is said. @throws BadRequest (400) */
export function ordered(
  order: readonly { readonly field: number; readonly asc?: boolean }[],
  orders: Readonly<Record<number, SheetOrder['by']>>,
): SheetOrder[] {
  if (order.length > 3)
    throw new BadRequest('limit-exceeded', `opts.order: ${order.length} keys; at most 3`, { limit: '3' });
  if (order.length === 0) return [{ by: 'name_key', descending: false }];
  return order.map(({ field, asc }) => {
    const by = orders[field];
    if (by === undefined)
      throw new BadRequest('invalid-argument', 'opts.order: a key without its field', { field: 'opts.order' });
    return { by, descending: !(asc ?? true) };
  });
}
