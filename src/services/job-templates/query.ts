/** The templates of a team by what is asked of them: query, index, searchStepGroups. */
import { type ExternalOpts, MAX_PAGE_SIZE, MAX_TITLE_LENGTH } from '#gen/common_types';
import {
  type IndexOpts,
  type JobTemplate,
  type TemplateOrder,
  TemplateOrderBy,
  type TemplateQueryResult,
  type TemplateSelectOpts,
  TemplateType,
  type TemplateWhereOpts,
} from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { BadRequest } from '../../base/errors.ts';
import { sameName, searchWords, sortKey } from '../../base/text.ts';
import { bounded } from '../../domain/limits.ts';
import { pageInfo, pageOf } from '../../domain/paging.ts';
import { requireMember } from '../../domain/privileges.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { TemplateFilter, TemplateOrdering } from '../../store/library.ts';
import { groupOf } from '../../store/step-nodes.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { idList } from '../checks.ts';
import { jobTemplates } from './encoding.ts';
import { metadataConditions } from './metadata-conditions.ts';
import { modular, treesFor, withParts } from './modulars.ts';
import { filledTree, thingsOf } from './things.ts';

const MOST_KEYS = 4;
const MOST_SEARCHED = 200;
const MOST_CONDITIONS = 50;

export async function query(
  store: Store,
  call: Call,
  select: TemplateSelectOpts,
  where: TemplateWhereOpts,
  order: TemplateOrder[],
): Promise<TemplateQueryResult> {
  requireMember(call.caller, where.teamId);
  const filter = checkedFilter(where);
  const orders = order.length > 0 ? order.map(checkedOrder) : LAST_MODIFIED_FIRST;
  if (orders.length > MOST_KEYS)
    throw new BadRequest('limit-exceeded', `order: ${orders.length} keys; at most ${MOST_KEYS}`, {
      limit: String(MOST_KEYS),
    });
  const seen = { ...filter, ...seenBy(call, where.teamId) };
  const nobody = namesAnotherSystem(where.externalOpts) || contradicts(where);
  const { found, page } = await store.readKept(
    JSON.stringify(['query', seen, where.metadata, where.pageReq, orders, select, nobody]),
    async reader => {
      const key = await reader.files.signingKey('page');
      const whole = { ...(await restricted(reader, seen)), metadata: await metadataConditions(reader, where) };
      const asked = pageOf(where.pageReq, ['templates', whole, orders, nobody], key);
      const rows = nobody ? [] : await rowsFound(reader, whole, orders, asked.size, asked.offset);
      const total = nobody ? 0 : await reader.library.count(whole, asked.countUpTo);
      return { found: await withParts(reader, select, rows), page: pageInfo(asked, total, key) };
    },
    answer => answer.found.rows,
  );
  const trees = await treesFor(store, select, found.templates);
  return {
    templates: found.templates.map(template => modular(template, select, found, trees, call)),
    pageInfo: page,
  };
}

/** Whom the team's rule may hide templates from: who cannot administer. */
const seenBy = ({ caller }: Call, teamId: string): { seenBy?: string } =>
  caller.rights.get(teamId)?.privileges.includes('adminBasic') ? {} : { seenBy: caller.userId };

/** The filter with the team's rule, where it has one. */
async function restricted(reader: Reader, { seenBy: userId, ...filter }: TemplateFilter): Promise<TemplateFilter> {
  if (userId === undefined) return filter;
  const [team] = await reader.people.teams([filter.teamId]);
  return JSON.parse(team!.config).restrictTemplatesByAttributes === true ? { ...filter, seenBy: userId } : filter;
}

async function rowsFound(
  reader: Reader,
  filter: TemplateFilter,
  order: readonly TemplateOrdering[],
  limit: number,
  offset: number,
): Promise<TemplateRow[]> {
  const ids = await reader.library.find(filter, order, limit, offset);
  const rows = await reader.templates.entries([filter.teamId], ids, 'latest');
  const byId = new Map(rows.map(row => [row.template_id, row]));
  return ids.map(id => byId.get(id)!);
}

function checkedFilter(where: TemplateWhereOpts): TemplateFilter {
  const attributes = where.attributes ?? [];
  const metadata = where.metadata ?? [];
  refuseTooMany('whereOpts.attributes', attributes.length);
  refuseTooMany('whereOpts.metadata', metadata.length);
  const isArchived = where.isArchived ?? where.isLatestArchived;
  const { isPublished, isLatestPublished, authorId, rootCategoryId, modifiedSinceTime, modifiedBeforeTime } = where;
  const types = [...(where.templateTypes ?? [])];
  return {
    teamId: where.teamId,
    typs: types.length > 0 ? types : [TemplateType.Job],
    words: searchWords(bounded('whereOpts.txt.query', where.txt?.query ?? '', MOST_SEARCHED)),
    metadata: [],
    attributes: attributes.map(({ id, values }) => ({
      id,
      valueIds: idList(
        'whereOpts.attributes.values',
        values.map(value => value.id),
      ),
    })),
    ...(isArchived != null && { isArchived }),
    ...(isPublished != null && { isPublished }),
    ...(isLatestPublished != null && { isLatestPublished }),
    ...(authorId != null && { authorId }),
    ...(rootCategoryId != null && { categoryId: rootCategoryId }),
    ...(modifiedSinceTime != null && { modifiedSince: milliseconds(modifiedSinceTime) }),
    ...(modifiedBeforeTime != null && { modifiedBefore: milliseconds(modifiedBeforeTime) }),
  };
}

/** Archiving covers all entries, the latest too. */
const contradicts = ({ isArchived, isLatestArchived }: TemplateWhereOpts): boolean =>
  isArchived != null && isLatestArchived != null && isArchived !== isLatestArchived;

function refuseTooMany(field: string, found: number): void {
  if (found <= MOST_CONDITIONS) return;
  throw new BadRequest('limit-exceeded', `${field}: ${found} conditions; at most ${MOST_CONDITIONS}`, {
    limit: String(MOST_CONDITIONS),
    found: String(found),
  });
}

/** Before and after all calendars, the first and the last moment. */
const LAST_SECOND = 8.64e12;

const milliseconds = (seconds: number): number => Math.max(-LAST_SECOND, Math.min(LAST_SECOND, Number(seconds))) * 1000;

/** Templates written here have no identity in another system. */
const namesAnotherSystem = (external: ExternalOpts | null | undefined): boolean =>
  external != null &&
  (external.externallyManaged === true ||
    [external.externalSystemName, external.externalId, external.externalVersion].some(name => name != null));

const orderColumns: Readonly<Partial<Record<TemplateOrderBy, TemplateOrdering['by']>>> = {
  [TemplateOrderBy.TITLE]: 'title_key',
  [TemplateOrderBy.AUTHORED_AT]: 'latest_authored_at',
  [TemplateOrderBy.LAST_MODIFIED_AT]: 'modified_at',
  [TemplateOrderBy.TYPE]: 'typ',
};

const LAST_MODIFIED_FIRST = [{ by: 'modified_at', descending: true }] as const;
const BY_TITLE = [{ by: 'title_key', descending: false }] as const;

/** @throws BadRequest (400) for one without a key */
function checkedOrder({ field, asc }: TemplateOrder): TemplateOrdering {
  const by = orderColumns[field];
  if (by !== undefined) return { by, descending: !asc };
  const names = Object.keys(orderColumns).map(key => TemplateOrderBy[Number(key)]);
  throw new BadRequest('invalid-argument', `order: a key without its field; expected ${names.join(', ')}`, {
    field: 'order',
  });
}

export async function index(store: Store, call: Call, teamId: string, opts: IndexOpts): Promise<JobTemplate[]> {
  requireMember(call.caller, teamId);
  const filter = {
    teamId,
    words: [],
    metadata: [],
    attributes: [],
    ...(!(opts.showUnpublished ?? true) && { isPublished: true }),
    ...(!(opts.showArchived ?? true) && { isArchived: false }),
    ...seenBy(call, teamId),
  };
  return store.look(async reader => {
    const rows = await rowsFound(reader, await restricted(reader, filter), BY_TITLE, MAX_PAGE_SIZE + 1, 0);
    if (rows.length > MAX_PAGE_SIZE)
      throw new BadRequest(
        'limit-exceeded',
        `teamId: the team has more than ${MAX_PAGE_SIZE} templates; read them page by page with query`,
        { limit: String(MAX_PAGE_SIZE) },
      );
    return jobTemplates(reader, call, teamId, rows);
  });
}

/** Without children. */
export async function searchStepGroups(store: Store, call: Call, teamId: string, title: string): Promise<BaseStep[]> {
  const text = bounded('title', title, MAX_TITLE_LENGTH);
  requireMember(call.caller, teamId);
  const filter = { teamId, words: [], metadata: [], attributes: [], ...seenBy(call, teamId) };
  return store.look(async reader => {
    const { seenBy: userId } = await restricted(reader, filter);
    const rows = await reader.library.groupsTitled(teamId, sortKey(sameName(text)), userId, MAX_PAGE_SIZE);
    const groups = rows.map(row => ({ ...groupOf(row.body), ...(row.title !== null && { title: row.title }) }));
    const things = await thingsOf(reader, teamId, { roots: groups });
    return groups.map(group => filledTree(group, things));
  });
}
