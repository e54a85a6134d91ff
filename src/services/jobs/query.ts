/** queryJobs: which jobs, in which order, and what of them is told. */
import {
  DEFAULT_QUERY_ROWS,
  type JobValue,
  MAX_QUERY_ROWS,
  type Query,
  type QueryResult,
  type SortField,
  SortOrderType,
} from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import { rowIn, rowToken } from '../../domain/paging.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { QueryField } from '../../store/job-queries/columns.ts';
import type { JobOrder, JobRowFound, PageStart } from '../../store/job-queries/queries.ts';
import type { Call } from '../call.ts';
import { notServedYet } from '../checks.ts';
import { columnType, jobValue } from './cells.ts';
import { nameProperties, type QueryFields, queryFields } from './query-fields.ts';
import { resultRows } from './related-rows.ts';
import { type Selecting, selected, selecting } from './selecting.ts';

const DEFAULT_FIELDS = ['jobName', 'priority', 'dueDate', 'currentStep'];
const MOST_FIELDS = 100;
const MOST_SORT_FIELDS = 10;

/** A query whose numbers and lists are in their bounds. */
interface Asked extends Selecting {
  readonly query: Query;
  readonly names: readonly string[];
  readonly displayNames: readonly string[];
  readonly num: number;
}

export async function queryJobs(store: Store, call: Call, query: Query): Promise<QueryResult> {
  notServedYet({ 'query.searchId': query.searchId });
  const asked = checked(call, query);
  const key = JSON.stringify(['queryJobs', call.caller.userId, asked.teamId, query]);
  const { result } = await store.readKept(
    key,
    reader => found(reader, call, asked),
    ({ result: { results }, isOfNow }) => (isOfNow ? NEVER_KEPT : weightOf(results)),
  );
  return result;
}

/** More rows than are kept of all answers. */
const NEVER_KEPT = Number.POSITIVE_INFINITY;
const CHARACTERS_OF_A_ROW = 500;

/** Rows, where a row with long texts counts as several. */
function weightOf(results: readonly (readonly JobValue[])[]): number {
  let characters = 0;
  for (const row of results) for (const { text } of row) characters += text?.length ?? 0;
  return 1 + results.length + Math.floor(characters / CHARACTERS_OF_A_ROW);
}

function checked(call: Call, query: Query): Asked {
  const names = query.fields?.length ? query.fields : DEFAULT_FIELDS;
  const displayNames = query.displayNames?.length ? query.displayNames : names;
  within('fields', names.length, MOST_FIELDS);
  within('sortFields', query.sortFields?.length ?? 0, MOST_SORT_FIELDS);
  if (displayNames.length !== names.length)
    throw new BadRequest(
      'invalid-argument',
      `displayNames: ${displayNames.length} names for ${names.length} fields; expected one for each, or none`,
      { field: 'displayNames' },
    );
  const num = query.num ?? DEFAULT_QUERY_ROWS;
  if (num < 1 || num > MAX_QUERY_ROWS)
    throw new BadRequest('invalid-argument', `num: ${num}; expected 1 to ${MAX_QUERY_ROWS}`, { num: String(num) });
  const start = query.start ?? 0;
  if (start < 0)
    throw new BadRequest('invalid-argument', `start: ${start}; expected 0 or more`, {
      start: String(start),
    });
  return { ...selecting(call, query), query, names, displayNames, num };
}

function within(field: string, found: number, limit: number): void {
  if (found <= limit) return;
  throw new BadRequest('limit-exceeded', `${field}: ${found} of them; at most ${limit}`, {
    limit: String(limit),
    found: String(found),
  });
}

async function found(
  reader: Reader,
  call: Call,
  asked: Asked,
): Promise<{ readonly result: QueryResult; readonly isOfNow: boolean }> {
  const { query, num, teamId, names } = asked;
  const sorts = query.sortFields ?? [];
  const texts = [asked.q ?? '', ...names, ...sorts.map(({ field }) => field)];
  const fields = await queryFields(reader, teamId, nameProperties(texts));
  const columns = names.map((name, index) => fields.named(`fields[${index}]`, name));
  const order = sorts.map((sort, index) => orderOf(fields, sort, index));
  const { filter, selection, values, isOfNow } = await selected(reader, call, asked, fields);
  const tokens = await Tokens.of(reader, call, asked);
  const start = tokens.start;
  const rows = await reader.jobQueries.page(selection, values, columns, order, start, num + 1);
  const page = rows.slice(0, num);
  const isLast = rows.length <= num;
  const result: QueryResult = {
    q: filter?.text ?? '',
    fields: columns.map((column, index) => ({ name: asked.displayNames[index]!, fieldType: columnType(column) })),
    results: await results(reader, asked, columns, page),
    start: start.after ? 0 : start.offset,
    nextStart: isLast || start.after ? -1 : start.offset + page.length,
    num,
  };
  if (query.total) result.total = await reader.jobQueries.count(selection, values);
  if (!isLast) result.pageToken = await tokens.next(reader, page.at(-1)!);
  return { result, isOfNow };
}

const orderOf = (fields: QueryFields, { field, sortOrder }: SortField, index: number): JobOrder => ({
  field: fields.named(`sortFields[${index}].field`, field),
  descending: sortOrder === SortOrderType.Desc,
});

async function results(
  reader: Reader,
  { query, teamId }: Asked,
  columns: readonly QueryField[],
  page: readonly JobRowFound[],
): Promise<JobValue[][]> {
  const related = columns.filter(({ per }) => per === 'row').map(({ property }) => property!.table);
  if (!query.returnAllRelatedProperties || related.length === 0 || page.length === 0)
    return page.map(({ cells }) => columns.map((column, index) => jobValue(column, cells[index])));
  const tables = [...new Set(related)];
  const jobIds = page.map(({ jobId }) => jobId);
  return resultRows(columns, page, tables, await reader.jobQueries.rowsOfTables(teamId, jobIds, tables));
}

/** Where the page begins, and the token of the next. The key is read where it is needed. */
class Tokens {
  readonly start: PageStart;
  readonly #query: unknown;

  static async of(reader: Reader, { caller }: Call, { query, teamId }: Asked): Promise<Tokens> {
    const { start = 0, pageToken, ...rest } = query;
    const whole = ['jobs', caller.userId, teamId, rest];
    if (!pageToken) return new Tokens(whole, { after: undefined, offset: start });
    const key = await reader.files.signingKey('page');
    return new Tokens(whole, { after: rowIn('pageToken', pageToken, whole, key), offset: 0 });
  }

  private constructor(query: unknown, start: PageStart) {
    this.#query = query;
    this.start = start;
  }

  async next(reader: Reader, last: JobRowFound): Promise<string> {
    return rowToken(last.keys, this.#query, await reader.files.signingKey('page'));
  }
}
