/** The team's categories: made, changed, archived. Members read them; who may edit templates changes them. */

import type { StepGroupCategory, StepGroupCategoryParams } from '#gen/group_headers_types';
import { MAX_CATEGORIES_PER_TEAM } from '#gen/group_headers_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest, NoChange, NotFound } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { requireMember, requirePrivilege } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Category } from '../../store/headers.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

export async function index(store: Store, call: Call, teamId: string): Promise<StepGroupCategory[]> {
  requireMember(call.caller, teamId);
  const categories = await store.read(reader => reader.headers.categories(teamId));
  return categories.map(toCategory).sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

export function get(store: Store, call: Call, teamId: string, categoryId: string): Promise<StepGroupCategory> {
  requireMember(call.caller, teamId);
  return store.read(async reader => toCategory(await found(reader, teamId, categoryId)));
}

const GREY = '#808080';

export function create(
  store: Store,
  call: Call,
  teamId: string,
  params: StepGroupCategoryParams,
): Promise<StepGroupCategory> {
  const name = checks.name('params.name', params.name);
  const color = params.color == null ? GREY : checkedColor(params.color);
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    const all = await tx.headers.categories(teamId);
    refuseTaken(all, name);
    refuseOneMore(all);
    const category = {
      team_id: teamId,
      category_id: call.ids.next(),
      name,
      name_key: sameName(name),
      color,
      archived_at: null,
    };
    await tx.headers.insertCategory(category);
    await audit(tx, call, teamId, 'category.created', category.category_id, { name, color });
    return toCategory(category);
  });
}

export function update(
  store: Store,
  call: Call,
  teamId: string,
  categoryId: string,
  params: StepGroupCategoryParams,
): Promise<StepGroupCategory> {
  const sent = {
    ...(params.name == null ? {} : { name: checks.name('params.name', params.name) }),
    ...(params.color == null ? {} : { color: checkedColor(params.color) }),
  };
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    const category = await locked(tx, teamId, categoryId);
    const { name, color } = { ...category, ...sent };
    if (name === category.name && color === category.color) return toCategory(category);
    refuseTaken(await tx.headers.categories(teamId), name, categoryId);
    const change = { name, name_key: sameName(name), color };
    await tx.headers.changeCategory(category, change);
    await audit(tx, call, teamId, 'category.updated', categoryId, sent);
    return toCategory({ ...category, ...change });
  });
}

export function archive(store: Store, call: Call, teamId: string, categoryId: string): Promise<void> {
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    const category = await locked(tx, teamId, categoryId);
    if (category.archived_at !== null)
      throw new NoChange('already-archived', `the category "${category.name}" is archived already`);
    await tx.headers.changeCategory(category, { archived_at: call.now });
    await audit(tx, call, teamId, 'category.archived', categoryId, {});
  });
}

export function unarchive(store: Store, call: Call, teamId: string, categoryId: string): Promise<void> {
  requirePrivilege(call.caller, teamId, 'templateEdit');
  return store.transact(async tx => {
    const category = await locked(tx, teamId, categoryId);
    if (category.archived_at === null)
      throw new NoChange('not-archived', `the category "${category.name}" is not archived`);
    await tx.headers.changeCategory(category, { archived_at: null });
    await audit(tx, call, teamId, 'category.unarchived', categoryId, {});
  });
}

async function locked(tx: Transactor, teamId: string, categoryId: string): Promise<Category> {
  await tx.people.lockTeam(teamId);
  return found(tx, teamId, categoryId);
}

/** @throws NotFound (404) */
async function found(reader: Reader, teamId: string, categoryId: string): Promise<Category> {
  const category = await reader.headers.category(teamId, categoryId);
  if (category) return category;
  throw new NotFound(
    'category-not-found',
    `categoryId: the team has no category ${categoryId}; indexCategories lists them`,
    { categoryId },
  );
}

/** @throws BadRequest (400) */
function checkedColor(color: string): string {
  if (/^#[0-9a-f]{6}$/i.test(color)) return color.toLowerCase();
  throw new BadRequest(
    'invalid-argument',
    `params.color: "${color.slice(0, 50)}"; expected "#rrggbb", such as "#ff8800"`,
    {
      'params.color': color.slice(0, 50),
    },
  );
}

function refuseTaken(all: readonly Category[], name: string, ownId?: string): void {
  const taken = all.find(other => other.name_key === sameName(name) && other.category_id !== ownId);
  if (!taken) return;
  throw new BadRequest(
    'duplicate-name',
    `params.name: the team has the category "${taken.name}" (${taken.category_id}) already; use that one, or choose another name`,
    { name: taken.name, categoryId: taken.category_id },
  );
}

function refuseOneMore({ length: found }: readonly Category[]): void {
  if (found < MAX_CATEGORIES_PER_TEAM) return;
  throw new BadRequest('limit-exceeded', `teamId: the team has ${found} categories, as many as it can`, {
    limit: String(MAX_CATEGORIES_PER_TEAM),
    found: String(found),
  });
}

export const toCategory = (category: Category): StepGroupCategory => ({
  id: category.category_id,
  name: category.name,
  color: category.color,
  archivedAt: toSeconds(category.archived_at ?? 0),
});
