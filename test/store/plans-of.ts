/** By which index a database finds rows. */
import SQLite from 'better-sqlite3';
import pg from 'pg';
import type { StoreSettings } from '../../src/store/database.ts';

/** How the database would find the rows of statements, whatever their values. */
export async function plansOf(settings: StoreSettings, statements: readonly string[]): Promise<string> {
  if (settings.engine === 'sqlite') {
    const db = new SQLite(settings.file, { readonly: true });
    const plans = statements.map(statement => {
      const unknown = Array(statement.match(/\?/g)?.length ?? 0).fill(null);
      return JSON.stringify(db.prepare(`explain query plan ${statement}`).all(...unknown));
    });
    db.close();
    return plans.join('\n');
  }
  const client = new pg.Client({ connectionString: settings.url });
  await client.connect();
  // In tables of a few rows a scan is as good as an index.
  await client.query('set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off');
  const plans: string[] = [];
  for (const statement of statements)
    plans.push(JSON.stringify((await client.query(`explain (generic_plan) ${statement}`)).rows));
  await client.end();
  return plans.join('\n');
}
