/** Many rows for tables that had few a moment ago: what PostgreSQL planned for few rows must not be what it checks many by. */
import { expect, test } from '@jest/globals';
import type { PostgresSettings } from '../../../src/store/postgres.ts';
import { withOther } from '../../server/postgres/proxied.ts';
import { until } from '../../support/actions.ts';
import { freshDatabase } from '../../support/database.ts';
import { logInAdmin, publishedTemplate, step } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const MANY = 2000;

test('foreign keys of many new jobs are not checked by walking through all of them for each', async () => {
  const { settings, drop } = await freshDatabase();
  // One connection, so that it is the one that has its plans.
  const server = await TestServer.start({}, { settings: { ...(settings as PostgresSettings), poolSize: 1 }, drop });
  const admin = await logInAdmin(server);
  const template = (await publishedTemplate(admin, 'Pump overhaul', [step('Isolate'), step('Drain')])).id;
  await admin.jobs.createJobs(template, { numberOfJobs: 20 });
  await withOther((settings as PostgresSettings).url, async other => {
    // From now on PostgreSQL knows that the tables are small, and after some checks it keeps its plan.
    await other.query('analyze');
    for (let n = 0; n < 8; n++) await admin.jobs.createJobs(template, { numberOfJobs: 2 });
    await admin.jobs.createJobs(template, { numberOfJobs: MANY });
    const walked = async (): Promise<{ written: number; read: number }> =>
      (
        await other.query(`
          select n_tup_ins::int as written, seq_tup_read::float8 as read
          from pg_stat_user_tables where relname = 'jobs'`)
      ).rows[0];
    // A connection tells its numbers now and then.
    await until('the numbers are there', async () => {
      await admin.jobs.createJobs(template, {});
      return (await walked()).written > MANY;
    });
    expect((await walked()).read).toBeLessThan(50 * MANY);
  });
  await server.stop();
});
