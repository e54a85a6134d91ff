/** Data sheets: sets, their definitions (columns), their sheets (rows), and the cells where the two meet. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { bytewise, type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type SetRow = Row<'sheet_sets'>;
export type DefinitionRow = Row<'sheet_definitions'>;
export type SheetRow = Row<'sheets'>;
export type CellRow = Row<'sheet_cells'>;
export type SetKey = Pick<SetRow, 'team_id' | 'set_id'>;

/** Which sets or sheets. All that is set must hold. */
export interface SheetFilter {
  /** undefined: both. */
  readonly isArchived?: boolean;
  /** Part of the name, as names are compared. */
  readonly title?: string;
  readonly updatedSince?: number;
}

export interface SheetOrder {
  readonly by: 'name_key' | 'updated_at' | 'created_at';
  readonly descending: boolean;
}

export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

export class SheetReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** In one of these teams. */
  set(teamIds: readonly string[], setId: string): Promise<SetRow | undefined> {
    return this.db
      .selectFrom('sheet_sets')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where('set_id', '=', setId)
      .executeTakeFirst();
  }

  setNamed(teamId: string, nameKey: string): Promise<SetRow | undefined> {
    return this.db
      .selectFrom('sheet_sets')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('name_key', '=', nameKey)
      .executeTakeFirst();
  }

  sets(teamId: string, filter: SheetFilter, order: readonly SheetOrder[], slice: Slice): Promise<SetRow[]> {
    return this.#sliced(this.#sets(teamId, filter).selectAll(), order, 'set_id', slice) as Promise<SetRow[]>;
  }

  /** @param upTo counts no further */
  countSets(teamId: string, filter: SheetFilter = {}, upTo?: number): Promise<number> {
    return this.#counted(this.#sets(teamId, filter).select('set_id'), upTo);
  }

  setsById(teamId: string, setIds: readonly string[]): Promise<SetRow[]> {
    const sets = this.db.selectFrom('sheet_sets').selectAll().where('team_id', '=', teamId);
    return sets.where(eb => isOneOf(this.engine, eb.ref('set_id'), setIds)).execute();
  }

  definitions(teamId: string, setIds: readonly string[]): Promise<DefinitionRow[]> {
    return this.db
      .selectFrom('sheet_definitions')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('set_id'), setIds))
      .orderBy('set_id')
      .orderBy('ordinal')
      .execute();
  }

  sheets(key: SetKey, filter: SheetFilter, order: readonly SheetOrder[], slice: Slice): Promise<SheetRow[]> {
    return this.#sliced(this.#sheets(key, filter).selectAll(), order, 'sheet_id', slice) as Promise<SheetRow[]>;
  }

  countSheets(key: SetKey, filter: SheetFilter = {}, upTo?: number): Promise<number> {
    return this.#counted(this.#sheets(key, filter).select('sheet_id'), upTo);
  }

  /** Sheets of several sets, by name: the first `most` of each. */
  async sheetsOfSets(teamId: string, setIds: readonly string[], most: number): Promise<SheetRow[]> {
    const { rows } = await sql<SheetRow & { place: number }>`
      select * from (
        select sheets.*, row_number() over (
          partition by set_id order by ${bytewise(this.engine, sql.ref('name_key'))}, ${bytewise(this.engine, sql.ref('sheet_id'))}
        ) as place
        from sheets where team_id = ${teamId} and ${isOneOf(this.engine, sql.ref('set_id'), setIds)}
      ) as placed where place <= ${most} order by set_id, place`.execute(this.db);
    return rows;
  }

  /** Sheets of each set, counted apart by active and archived. */
  async sheetCounts(
    teamId: string,
    setIds: readonly string[],
  ): Promise<{ set_id: string; archived: number; sheets: number }[]> {
    const { rows } = await sql<{ set_id: string; archived: number; sheets: number }>`
      select set_id, case when archived_at is null then 0 else 1 end as archived, count(*) as sheets from sheets
      where team_id = ${teamId} and ${isOneOf(this.engine, sql.ref('set_id'), setIds)}
      group by set_id, case when archived_at is null then 0 else 1 end`.execute(this.db);
    return rows.map(row => ({ ...row, archived: Number(row.archived), sheets: Number(row.sheets) }));
  }

  /** Those with one of these ids or names. */
  sheetsAbout(key: SetKey, ids: readonly string[], nameKeys: readonly string[]): Promise<SheetRow[]> {
    return this.db
      .selectFrom('sheets')
      .selectAll()
      .where('team_id', '=', key.team_id)
      .where('set_id', '=', key.set_id)
      .where(eb =>
        eb.or([isOneOf(this.engine, eb.ref('sheet_id'), ids), isOneOf(this.engine, eb.ref('name_key'), nameKeys)]),
      )
      .execute();
  }

  /** Of these sheets; the first `limit`. */
  cellsOfSheets(teamId: string, sheetIds: readonly string[], limit: number): Promise<CellRow[]> {
    return this.db
      .selectFrom('sheet_cells')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('set_id', 'in', eb =>
        eb
          .selectFrom('sheets')
          .select('sheets.set_id')
          .where('sheets.team_id', '=', teamId)
          .where(inner => isOneOf(this.engine, inner.ref('sheets.sheet_id'), sheetIds)),
      )
      .where(eb => isOneOf(this.engine, eb.ref('sheet_id'), sheetIds))
      .limit(limit)
      .execute();
  }

  /** Of these definitions of a set; the first `limit`. */
  cellsOfDefinitions(key: SetKey, definitionIds: readonly string[], limit: number): Promise<CellRow[]> {
    return this.db
      .selectFrom('sheet_cells')
      .selectAll()
      .where('team_id', '=', key.team_id)
      .where('set_id', '=', key.set_id)
      .where(eb => isOneOf(this.engine, eb.ref('definition_id'), definitionIds))
      .limit(limit)
      .execute();
  }

  #sets(teamId: string, { isArchived, title, updatedSince }: SheetFilter) {
    return this.db
      .selectFrom('sheet_sets')
      .where('team_id', '=', teamId)
      .$if(isArchived === true, query => query.where('archived_at', 'is not', null))
      .$if(isArchived === false, query => query.where('archived_at', 'is', null))
      .$if(title !== undefined, query =>
        query.where('name_key', 'like', sql<string>`${containing(title!)} escape '\\'`),
      )
      .$if(updatedSince !== undefined, query => query.where('updated_at', '>=', updatedSince!));
  }

  #sheets({ team_id, set_id }: SetKey, { isArchived, title }: SheetFilter) {
    return this.db
      .selectFrom('sheets')
      .where('team_id', '=', team_id)
      .where('set_id', '=', set_id)
      .$if(isArchived === true, query => query.where('archived_at', 'is not', null))
      .$if(isArchived === false, query => query.where('archived_at', 'is', null))
      .$if(title !== undefined, query =>
        query.where('name_key', 'like', sql<string>`${containing(title!)} escape '\\'`),
      );
  }

  #sliced(query: Sliceable, order: readonly SheetOrder[], id: string, { offset, limit }: Slice): Promise<unknown[]> {
    let ordered = query;
    for (const { by, descending } of order)
      ordered = ordered.orderBy(
        by === 'name_key' ? bytewise(this.engine, sql.ref(by)) : sql.ref(by),
        descending ? 'desc' : 'asc',
      );
    return ordered
      .orderBy(bytewise(this.engine, sql.ref(id)), 'asc')
      .limit(limit)
      .offset(offset)
      .execute();
  }

  async #counted(query: Countable, upTo: number | undefined): Promise<number> {
    const matching = upTo === undefined ? query : query.limit(upTo);
    const { rows } = await sql<{ count: number }>`select count(*) as count from (${matching}) as matching`.execute(
      this.db,
    );
    return Number(rows[0]!.count);
  }
}

/** As far as lists need one, whatever its table. */
interface Sliceable {
  orderBy(expression: never, direction: 'asc' | 'desc'): Sliceable;
  orderBy(expression: unknown, direction: 'asc' | 'desc'): Sliceable;
  limit(limit: number): Sliceable;
  offset(offset: number): Sliceable;
  execute(): Promise<unknown[]>;
}
interface Countable {
  limit(limit: number): Countable;
}

const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export class SheetTransactor extends SheetReader {
  /** Whoever writes names or places in a set waits until the end of the transaction. */
  async lockSet({ team_id, set_id }: SetKey): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    await this.db
      .selectFrom('sheet_sets')
      .select('set_id')
      .where('team_id', '=', team_id)
      .where('set_id', '=', set_id)
      .forNoKeyUpdate()
      .execute();
  }

  async insertSet(set: SetRow): Promise<void> {
    await this.db.insertInto('sheet_sets').values(set).execute();
  }

  async changeSet({ team_id, set_id }: SetKey, change: Partial<SetRow>): Promise<void> {
    await this.db
      .updateTable('sheet_sets')
      .set(change)
      .where('team_id', '=', team_id)
      .where('set_id', '=', set_id)
      .execute();
  }

  /** New ones and changed ones. */
  async putDefinitions(rows: readonly DefinitionRow[]): Promise<void> {
    await insertProduct(
      this.db,
      this.engine,
      'sheet_definitions',
      rows,
      [],
      `
      on conflict (team_id, set_id, definition_id) do update set name = excluded.name, name_key = excluded.name_key,
        ordinal = excluded.ordinal, updated_at = excluded.updated_at, archived_at = excluded.archived_at`,
    );
  }

  /** New ones and changed ones. */
  async putSheets(rows: readonly SheetRow[]): Promise<void> {
    await insertProduct(
      this.db,
      this.engine,
      'sheets',
      rows,
      [],
      `
      on conflict (team_id, set_id, sheet_id) do update set name = excluded.name, name_key = excluded.name_key,
        descrip = excluded.descrip, updated_at = excluded.updated_at, archived_at = excluded.archived_at,
        author_id = excluded.author_id`,
    );
  }

  /** Values as they are now; one without text and number goes. */
  async putCells({ team_id, set_id }: SetKey, cells: readonly Omit<CellRow, 'team_id' | 'set_id'>[]): Promise<void> {
    await insertProduct(
      this.db,
      this.engine,
      'sheet_cells',
      cells,
      [{ team_id, set_id }],
      `
      on conflict (team_id, set_id, sheet_id, definition_id) do update
        set text = excluded.text, number = excluded.number, digits = excluded.digits`,
    );
    if (cells.some(({ text, number }) => text === null && number === null))
      await this.db
        .deleteFrom('sheet_cells')
        .where('team_id', '=', team_id)
        .where('set_id', '=', set_id)
        .where('text', 'is', null)
        .where('number', 'is', null)
        .execute();
  }
}
