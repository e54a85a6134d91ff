/** A server whose way to PostgreSQL leads through a proxy that breaks it, and the counting of what was done. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { SystemException } from '#gen/common_types';
import type { PostgresSettings, PostgresTimes } from '../../../src/store/postgres.ts';
import { freshDatabase } from '../../support/database.ts';
import { DatabaseProxy, type Fault } from '../../support/database-proxy.ts';
import { TestServer } from '../../support/server.ts';

export interface Proxied {
  readonly server: TestServer;
  readonly proxy: DatabaseProxy;
  /** Not by way of the proxy. */
  readonly direct: string;
}

export async function startProxied(times: Partial<PostgresTimes> = {}, poolSize = 10): Promise<Proxied> {
  const database = await freshDatabase();
  const settings = database.settings as PostgresSettings;
  const proxy = await DatabaseProxy.before(settings.url);
  const drop = async () => {
    await proxy.refuse();
    await database.drop();
  };
  const proxied = { settings: { ...settings, url: proxy.url, poolSize, times }, drop };
  return { server: await TestServer.start({ httpPort: 0 }, proxied), proxy, direct: settings.url };
}

/** Lets the first `times` statements that match meet the fault, and all others pass. @returns how many have met it */
export function breakAt(proxy: DatabaseProxy, pattern: RegExp, fault: Fault, times = 1): () => number {
  let met = 0;
  proxy.decide = text => {
    if (met >= times || !pattern.test(text)) return 'pass';
    met++;
    return fault;
  };
  return () => met;
}

/** A connection of another program to the same database. */
export async function withOther<T>(url: string, work: (other: pg.Client) => Promise<T>): Promise<T> {
  const other = new pg.Client({ connectionString: url });
  other.on('error', () => {});
  await other.connect();
  try {
    return await work(other);
  } finally {
    await other.end();
  }
}

export const countOf = (url: string, what: string): Promise<number> =>
  withOther(url, async other => Number((await other.query(`select count(*) from ${what}`)).rows[0].count));

/** Repeats a call until it succeeds, as a client does that is told 503; any other failure is passed on. */
export async function untilDone<T>(
  call: () => Promise<T>,
): Promise<{ readonly result: T; readonly refusals: string[] }> {
  const refusals: string[] = [];
  for (;;) {
    try {
      return { result: await call(), refusals };
    } catch (error) {
      if (!(error instanceof SystemException) || error.errorCode !== 503) throw error;
      refusals.push(error.slug!);
      await pause(20);
    }
  }
}
