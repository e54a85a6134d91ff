/** Rows of the server's own tables: read as samples, and inserted whole, each column in its place. */
import { randomBytes, randomUUID } from 'node:crypto';
import type SQLite from 'better-sqlite3';

export type Value = string | number | null | Buffer;
export type Row = Readonly<Record<string, Value>>;

/** The first row of a query. @throws Error where there is none */
export function sampleRow(db: SQLite.Database, from: string, ...values: Value[]): Row {
  const row = db.prepare(`select * from ${from}`).get(...values);
  if (!row) throw new Error(`no row of ${from}`);
  return row as Row;
}

/** @param tail of the statement, for instance `on conflict do nothing` */
export function inserting(db: SQLite.Database, table: string, tail = ''): (row: Row) => void {
  const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const places = columns.map(() => '+?').join(', ');
  const statement = db.prepare(`insert into ${table} (${columns.join(', ')}) values (${places}) ${tail}`);
  return row => statement.run(...columns.map(name => row[name]));
}

/** Appends to the feed of events of a team, numbered as the server does. */
export function appending(db: SQLite.Database): (event: Row) => void {
  const statement = db.prepare(`
    insert into events (team_id, xid, event_id, at, type, job_id, template_id, user_id, body)
    select +:team_id, 0, (select coalesce(max(event_id), 0) from events where team_id = +:team_id and xid = 0) + 1,
      +:at, +:type, +:job_id, +:template_id, +:user_id, +:body`);
  return event => statement.run(event);
}

export const newId = (): string => randomUUID();
export const newHash = (): string => randomBytes(32).toString('hex');
