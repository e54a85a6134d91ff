/**
 * Brings a database to this version's schema: numbered steps, forward only, each once. A database that a newer version has
 * changed is refused, since this version does not know what its rows mean.
 */
import { type Migration, Migrator } from 'kysely/migration';
import type { Connections, Engine } from './engine.ts';
import * as first from './migrations/001-first.ts';
import * as files from './migrations/002-files.ts';
import * as tags from './migrations/003-tags.ts';
import * as members from './migrations/004-members.ts';
import * as rights from './migrations/005-rights.ts';
import * as accounts from './migrations/006-accounts.ts';
import * as audit from './migrations/007-audit.ts';
import * as attributes from './migrations/008-attributes.ts';
import * as sheets from './migrations/009-sheets.ts';
import * as metadata from './migrations/010-metadata.ts';
import * as inReview from './migrations/011-in-review.ts';
import * as wholeTemplates from './migrations/012-whole-templates.ts';
import * as webhooks from './migrations/013-webhooks.ts';
import * as jobSheets from './migrations/014-job-sheets.ts';
import * as jobProgress from './migrations/015-job-progress.ts';
import * as jobLocations from './migrations/016-job-locations.ts';
import * as holds from './migrations/017-holds.ts';
import * as properties from './migrations/018-properties.ts';
import * as eventReaders from './migrations/019-event-readers.ts';
import * as comments from './migrations/020-comments.ts';
import * as runs from './migrations/021-runs.ts';
import * as madeBy from './migrations/022-made-by.ts';
import * as jobQueries from './migrations/029-job-queries.ts';
import * as currentStepNames from './migrations/030-current-step-names.ts';

const steps = {
  '001-first': first,
  '002-files': files,
  '003-tags': tags,
  '004-members': members,
  '005-rights': rights,
  '006-accounts': accounts,
  '007-audit': audit,
  '008-attributes': attributes,
  '009-sheets': sheets,
  '010-metadata': metadata,
  '011-in-review': inReview,
  '012-whole-templates': wholeTemplates,
  '013-webhooks': webhooks,
  '014-job-sheets': jobSheets,
  '015-job-progress': jobProgress,
  '016-job-locations': jobLocations,
  '017-holds': holds,
  '018-properties': properties,
  '019-event-readers': eventReaders,
  '020-comments': comments,
  '021-runs': runs,
  '022-made-by': madeBy,
  '029-job-queries': jobQueries,
  '030-current-step-names': currentStepNames,
};

/** Whether this version has the migration; a database with another one was written by a newer version. */
export const isKnownStep = (name: string): boolean => name in steps;

/** @throws Error with what to do, when the schema is newer than this program or a step fails; nothing is half done then */
export async function migrate(connections: Connections): Promise<void> {
  const known = migrations(connections.engine);
  const migrator = new Migrator({ db: connections.writes, provider: { getMigrations: async () => known } });
  const applied = (await appliedNames(connections)).filter(name => !isKnownStep(name));
  if (applied.length > 0) {
    throw new Error(
      `the database was written by a newer Jobwright (it has ${applied.join(', ')}); start that version, or restore a backup`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** @throws Error unless a database has the schema of this version, no more and no less */
export async function refuseOtherVersion(db: Connections['reads']): Promise<void> {
  const names = await appliedNames({ writes: db });
  const unknown = names.filter(name => !isKnownStep(name));
  if (unknown.length > 0)
    throw new Error(`the database was written by a newer Jobwright (it has ${unknown.join(', ')}); take that version`);
  const missing = Object.keys(steps).filter(name => !names.includes(name));
  if (missing.length > 0)
    throw new Error(
      names.length === 0
        ? 'this is not a database of Jobwright'
        : `the database was written by an older Jobwright (it lacks ${missing.join(', ')}); start the server once, which brings it up to date`,
    );
}

const migrations = (engine: Engine): Record<string, Migration> =>
  Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, { up: db => step.up(db, engine) }]));

async function appliedNames({ writes }: Pick<Connections, 'writes'>): Promise<string[]> {
  const tables = await writes.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(table => table.name === 'kysely_migration')) return [];
  const rows = await writes
    .selectFrom('kysely_migration' as never)
    .select('name' as never)
    .execute();
  return rows.map(row => (row as { name: string }).name);
}
