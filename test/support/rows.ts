/** What stands in the database, read past the interface: for tests that say what a call wrote, or that it wrote nothing. */
import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Kysely } from 'kysely';
import { type Database, type Row, tables } from '../../src/store/schema.ts';
import type { TestServer } from './server.ts';

type TableName = keyof Database;

/** All rows of a table, in an order of their own that does not change. */
export const rowsOf = <T extends TableName>(server: TestServer, table: T): Promise<Row<T>[]> =>
  server.store.read(async reader => {
    const { db } = reader.people as unknown as { db: Kysely<Database> };
    const rows = (await db
      .selectFrom(table as 'users')
      .selectAll()
      .execute()) as unknown as Row<T>[];
    return rows
      .map(row => ({ row, key: JSON.stringify(shortened(row)) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ row }) => row);
  });

/** A row with its bytes told by their hash: comparing files byte by byte, as objects, takes minutes. */
const shortened = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      Buffer.isBuffer(value) ? `${value.length} bytes ${createHash('sha256').update(value).digest('hex')}` : value,
    ]),
  );

/** That a token was used is noted by the way, whatever the call does. */
const notedByTheWay: { readonly [T in TableName]?: readonly string[] } = { tokens: ['used_at', 'expires_at'] };

/** Every row of every table, bytes told by their hash. */
export async function contents(server: TestServer): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const table of Object.keys(tables) as TableName[]) {
    const noted = notedByTheWay[table] ?? [];
    found[table] = (await rowsOf(server, table)).map(row =>
      Object.fromEntries(Object.entries(shortened(row)).filter(([column]) => !noted.includes(column))),
    );
  }
  return found;
}

/** Passes when no row of any table, but of those in `but`, came, went or changed while `act` ran. */
export async function expectNothingWritten<T>(
  server: TestServer,
  act: () => Promise<T>,
  ...but: readonly TableName[]
): Promise<T> {
  const left = async () => ({ ...(await contents(server)), ...Object.fromEntries(but.map(table => [table, []])) });
  const before = await left();
  const result = await act();
  expect(await left()).toEqual(before);
  return result;
}
