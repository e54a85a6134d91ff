/** The two databases behind one code path, and the little in which they differ. */
import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { changed } from './compiled.ts';
import type { Database } from './schema.ts';

export type Engine = 'sqlite' | 'postgres';

export interface Connections {
  readonly engine: Engine;
  /** Of single statements, and of migrations, which come before everything else. `reads` never writes. */
  readonly reads: Kysely<Database>;
  readonly writes: Kysely<Database>;
  /** One snapshot of what is committed; never writes. */
  snapshot<T>(fn: (db: Kysely<Database>) => Promise<T>): Promise<T>;
  /** As `snapshot`, from a replica that has all that was committed when it was asked; absent where there is none. */
  readonly look?: Connections['snapshot'];
  /** One transaction: all of it or nothing. */
  transaction<T>(fn: (db: Kysely<Database>) => Promise<T>): Promise<T>;
  /** A number that stays the same only as long as nobody, in any process, commits anything. Absent where nothing can tell. */
  readonly version?: () => number;
  close(): Promise<void>;
  /** True for an error that the same transaction may not meet when it runs again. */
  isTransient(error: unknown): boolean;
  /** Milliseconds for which a transaction is tried again when it met a DatabaseAway. */
  readonly awayMs: number;
}

/** Hears of trouble that the store gets over by itself. @param what happened; a connection broke when absent */
export type Tell = (error: Error, what?: string) => void;

/** `column in values` with one parameter whatever the number of values, so that the statement's text stays the same. */
export const isOneOf = (engine: Engine, column: Expression<string>, values: readonly string[]): RawBuilder<SqlBool> =>
  engine === 'sqlite'
    ? sql<SqlBool>`${column} in (select value from json_each(${changed(values, JSON.stringify)}))`
    : sql<SqlBool>`${column} = any(${values})`;

/**
 * As `isOneOf`, in a statement that is compiled by counts: one value is compared as it is. To make a list of one and go through it takes
 * SQLite a third of the time that reading a template takes.
 * @param like a list of one, or of more, as the values will be
 */
export const isAmong = (
  engine: Engine,
  column: Expression<string>,
  like: readonly string[],
  values: readonly string[],
): RawBuilder<SqlBool> =>
  like.length === 1 ? sql<SqlBool>`${column} = ${changed(values, ([only]) => only)}` : isOneOf(engine, column, values);

/**
 * `column = teamId` where another condition finds fewer rows. SQLite keeps no statistics and takes the rows of a team for ten, which
 * it would rather go through by the table's key.
 */
export const ofLargeTeam = (
  engine: Engine,
  column: Expression<string> | RawBuilder<unknown>,
  teamId: string,
): RawBuilder<SqlBool> =>
  engine === 'sqlite' ? sql<SqlBool>`likelihood(${column} = ${teamId}, 0.9)` : sql<SqlBool>`${column} = ${teamId}`;

/** `column = value` where few rows of the team have the value: SQLite takes them for as many as the team has, and goes by the key. */
export const isOfFew = (engine: Engine, column: Expression<string>, value: string): RawBuilder<SqlBool> =>
  engine === 'sqlite' ? sql<SqlBool>`unlikely(${column} = ${value})` : sql<SqlBool>`${column} = ${value}`;

/** In the order of the bytes of its UTF-8, on either engine. */
export const bytewise = (engine: Engine, text: Expression<string> | RawBuilder<unknown>): RawBuilder<string> =>
  engine === 'sqlite' ? sql`${text}` : sql`${text} collate "C"`;

/** Rows that one insert statement can carry: SQLite takes 32,766 parameters, PostgreSQL 65,535. */
export const rowsPerInsert = (columns: number): number => Math.floor(32_000 / columns);
