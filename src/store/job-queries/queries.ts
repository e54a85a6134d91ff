/**
 * Queries and statistics of jobs. A page is one statement: it finds the ids of its jobs, in order, and then what is told of these few.
 * Statements are compiled once for each shape of a query; what differs between calls of one shape travels when they run.
 */
import { type Kysely, sql } from 'kysely';
import type { FilterContext } from '../../domain/filter/condition.ts';
import { type Filter, fieldsNamed } from '../../domain/filter/filter.ts';
import type { Extent } from '../../domain/geometry/positions.ts';
import { searchedText, type Term, hasTerm as textHasTerm } from '../../domain/search.ts';
import { StatementCache } from '../compiled.ts';
import { type Engine, isOneOf } from '../engine.ts';
import type { PropertyRow } from '../properties.ts';
import type { Database } from '../schema.ts';
import type { Elsewhere, QueryField } from './columns.ts';
import { firstRare, isIndexed, LINE, type NameFound, namesFound, type ResolvedTerm } from './searched.ts';
import { countStatement, groupStatement, pageStatement } from './statements.ts';

/** Which jobs, whatever is asked of them. All of it must hold. */
export interface JobSelection {
  readonly filter: Filter | undefined;
  /** Whether a rectangle is asked for. */
  readonly inExtent: boolean;
  readonly hasLocation: boolean | undefined;
  /** How many terms are searched for, and whether to begin with one of them. */
  readonly terms: number;
  readonly fromTerm: boolean;
}

/** What differs from call to call. */
export interface JobQueryValues extends FilterContext, Elsewhere {
  readonly teamId: string;
  readonly extent: Extent | undefined;
  readonly terms: readonly ResolvedTerm[];
  readonly first: number | undefined;
}

export interface JobOrder {
  readonly field: QueryField;
  readonly descending: boolean;
}

/** Where a page begins: behind the row with these keys, or behind so many rows. */
export interface PageStart {
  readonly after: readonly (string | number)[] | undefined;
  readonly offset: number;
}

export interface JobRowFound {
  readonly jobId: string;
  readonly cells: readonly unknown[];
  /** What PageStart.after takes. */
  readonly keys: readonly (string | number)[];
}

export interface GroupFound {
  readonly value: string | number | null;
  readonly count: number;
}

const SHAPES_KEPT = 300;

export type RunValues = JobQueryValues & {
  readonly limit: number;
  readonly start: PageStart;
};

const statements = {
  sqlite: new StatementCache<RunValues>(SHAPES_KEPT),
  postgres: new StatementCache<RunValues>(SHAPES_KEPT),
};

type Searched = Pick<RunValues, 'teamId' | 'terms'>;

const searches = {
  sqlite: new StatementCache<Searched>(SHAPES_KEPT),
  postgres: new StatementCache<Searched>(SHAPES_KEPT),
};

export class JobQueryReader {
  readonly #db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.#db = db;
    this.#engine = engine;
  }

  /** @param fields the cells of a row, in their order */
  async page(
    selection: JobSelection,
    values: JobQueryValues,
    fields: readonly QueryField[],
    order: readonly JobOrder[],
    start: PageStart,
    limit: number,
  ): Promise<JobRowFound[]> {
    const isBehind = start.after !== undefined;
    const shape = JSON.stringify([
      'page',
      shapeOfSelection(selection),
      fields.map(shapeOf),
      order.map(({ field, descending }) => [shapeOf(field), descending]),
      isBehind,
    ]);
    const build = () => pageStatement(this.#engine, selection, fields, order, isBehind);
    const rows = await statements[this.#engine].run(this.#db, shape, build, { ...values, start, limit });
    return rowsFound(rows as Record<string, unknown>[], fields.length);
  }

  async count(selection: JobSelection, values: JobQueryValues): Promise<number> {
    const build = () => countStatement(this.#engine, selection);
    const [row] = await statements[this.#engine].run(
      this.#db,
      JSON.stringify(['count', shapeOfSelection(selection)]),
      build,
      {
        ...values,
        ...WHOLE,
      },
    );
    return Number((row as { n: unknown }).n);
  }

  /** Largest first, then by value, jobs without a value last. */
  async groups(selection: JobSelection, values: JobQueryValues, by: QueryField, most: number): Promise<GroupFound[]> {
    const shape = JSON.stringify(['groups', shapeOfSelection(selection), shapeOf(by)]);
    const build = () => groupStatement(this.#engine, selection, by);
    const rows = await statements[this.#engine].run(this.#db, shape, build, { ...values, ...WHOLE, limit: most });
    return rows.map(row => {
      const { value, n } = row as { value: string | number | null; n: unknown };
      return { value, count: Number(n) };
    });
  }

  /** The rows that jobs have in these tables, oldest first. */
  rowsOfTables(teamId: string, jobIds: readonly string[], tables: readonly string[]): Promise<PropertyRow[]> {
    return this.#db
      .selectFrom('job_property_rows')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.#engine, eb.ref('job_id'), jobIds))
      .where(eb => isOneOf(this.#engine, eb.ref('table_name'), tables))
      .orderBy('created_at')
      .orderBy(this.#engine === 'sqlite' ? sql`row_id` : sql`row_id collate "C"`)
      .execute();
  }

  /** The users with these e-mail addresses, in lower case, that are or were members: jobs outlive a membership. */
  async usersAt(teamId: string, emails: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#db
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.user_id', 'm.user_id')
      .select(['u.user_id', 'u.email'])
      .where('m.team_id', '=', teamId)
      .where(eb => isOneOf(this.#engine, eb.ref('u.email'), emails))
      .execute();
    return new Map(rows.map(({ user_id, email }) => [email, user_id]));
  }

  /** What else has the terms in its name, each term with what was found. One statement. */
  async resolved(teamId: string, terms: readonly Term[], builtIn: readonly string[]): Promise<ResolvedTerm[]> {
    const values = { teamId, terms: terms.map(term => ({ term, ...NOTHING })) };
    const rows = await searches[this.#engine].run(this.#db, 'names', () => namesFound(this.#engine), values);
    const groups: NameFound[] = builtIn.map(id => ({ found: 'groups', place: -1, name: `${id} ${id}` }));
    const found = [...rows, ...groups];
    return terms.map((term, place) => {
      const of = (kind: NameFound['found']) =>
        found.filter(row => row.found === kind && (row.place === place || row.place === -1) && isNamed(row, term));
      return {
        term,
        users: of('users').map(idIn),
        groups: of('groups').map(idIn),
        statuses: of('statuses').map(({ name }) => name),
        titles: of('titles').map(({ name }) => name),
      };
    });
  }

  /** The place of a term that few jobs have, as the indexes know: the longest such. At most one statement. */
  async rare(teamId: string, terms: readonly ResolvedTerm[]): Promise<number | undefined> {
    const length = (place: number) => terms[place]!.term.join(' ').length;
    const places = terms
      .flatMap((term, place) => (isIndexed(term) ? [place] : []))
      .sort((a, b) => length(b) - length(a));
    if (places.length === 0) return undefined;
    const build = () => firstRare(this.#engine, places);
    const rows = await searches[this.#engine].run(this.#db, `rare ${places.join()}`, build, { teamId, terms });
    return rows[0]?.place;
  }
}

const NOTHING = { users: [], groups: [], statuses: [], titles: [] };

/** What a query without pages runs with. */
const WHOLE = { start: { after: undefined, offset: 0 }, limit: 0 };

const idIn = ({ name }: NameFound): string => name.slice(0, name.indexOf(' '));

const isNamed = ({ found, name }: NameFound, term: Term): boolean => {
  const texts = found === 'users' || found === 'groups' ? name.slice(name.indexOf(' ') + 1).split(LINE) : [name];
  return textHasTerm(searchedText(texts), term);
};

/** Names all that a statement is built of. */
const shapeOfSelection = ({ filter, inExtent, hasLocation, terms, fromTerm }: JobSelection): unknown => [
  filter ? [filter.text, fieldsNamed(filter).map(shapeOf)] : null,
  inExtent,
  hasLocation ?? null,
  terms,
  fromTerm,
];

const shapeOf = ({ name, type, per, property }: QueryField): unknown => [
  name,
  type,
  per,
  ...(property ? [property.dataType, property.isElsewhere] : []),
];

function rowsFound(rows: readonly Record<string, unknown>[], cells: number): JobRowFound[] {
  const cellNames = Array.from({ length: cells }, (_, index) => `c${index}`);
  const keyNames: string[] = [];
  for (let name = 'k0'; rows[0] && name in rows[0]; name = `k${keyNames.length}`) keyNames.push(name);
  return rows.map(row => ({
    jobId: row.job_id as string,
    cells: cellNames.map(name => row[name]),
    keys: keyNames.map(name => row[name] as string | number),
  }));
}
