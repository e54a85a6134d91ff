/**
 * Templates: the head and its entries. The head is the row that writers of one template meet at: every change compares and sets its
 * `revision`, and the one that comes second runs again.
 */
import { type Compilable, type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { differing } from './bulk.ts';
import { compiledByColumns, compiledByCounts, compiledOnce } from './compiled.ts';
import { type Engine, isAmong, isOneOf, ofLargeTeam } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'templates'>;
type Published = Pick<Head, 'team_id' | 'template_id' | 'publish_count'>;
type Entry = Row<'template_entries'>;

/**
 * A head with one of its entries, the facts of its last publishing, its team's settings and its lock, flat as one statement
 * reads it. Without `lock_token_id` there is no lock; from `lock_expires_at` (epoch milliseconds) on there is none any more.
 */
export type TemplateRow = Head &
  Entry & {
    last_published_by: string | null;
    last_published_at: number | null;
    last_published_public_version: number | null;
    lock_token_id: string | null;
    lock_user_id: string | null;
    lock_user_email: string | null;
    lock_user_name: string | null;
    lock_user_created_at: number | null;
    lock_expires_at: number | null;
    locked_at: number | null;
    last_activity_at: number | null;
    team_config: string;
  };

/** What names an entry of a template: 'latest' and 'published' as the head says, else one of its numbers. */
export type EntrySelector = 'latest' | 'published' | EntryNumber;
export type EntryNumber =
  | { readonly publicVersion: number }
  | { readonly publishedVersion: number }
  | { readonly internalVersion: number };

const numberColumns = {
  publicVersion: 'e.public_version',
  publishedVersion: 'e.published_version',
  internalVersion: 'e.internal_version',
} as const;
type NumberKind = keyof typeof numberColumns;

/** That an entry has a number of this kind, as a literal: the indexes have those entries alone. */
const isNumbered = (kind: NumberKind): Expression<SqlBool> => sql`${sql.ref(numberColumns[kind])} > ${sql.lit(0)}`;

interface EntriesAsked {
  readonly teamIds: readonly string[];
  readonly templateIds: readonly string[];
  readonly number: number;
}

/** Heads with the entries that `on` says. */
const rowsOf = (db: Kysely<Database>, on: (eb: EntryBuilder) => Expression<SqlBool>) =>
  db
    .selectFrom('templates as t')
    .innerJoin('template_entries as e', join =>
      join
        .onRef('e.team_id', '=', 't.team_id')
        .onRef('e.template_id', '=', 't.template_id')
        .on(eb => on(eb as unknown as EntryBuilder)),
    )
    .leftJoin('template_entries as p', join =>
      join
        .onRef('p.team_id', '=', 't.team_id')
        .onRef('p.template_id', '=', 't.template_id')
        .onRef('p.internal_version', '=', 't.published_internal_version'),
    )
    .leftJoin('template_locks as l', join =>
      join.onRef('l.team_id', '=', 't.team_id').onRef('l.template_id', '=', 't.template_id'),
    )
    .leftJoin('tokens as k', 'k.token_id', 'l.token_id')
    .leftJoin('users as u', 'u.user_id', 'k.user_id')
    .innerJoin('teams', 'teams.team_id', 't.team_id')
    .selectAll('t')
    .selectAll('e')
    .select(['p.published_by as last_published_by', 'p.published_at as last_published_at'])
    .select('p.public_version as last_published_public_version')
    .select(['k.token_id as lock_token_id', 'u.user_id as lock_user_id', 'u.email as lock_user_email'])
    .select(['u.name as lock_user_name', 'u.created_at as lock_user_created_at'])
    .select(['k.expires_at as lock_expires_at', 'l.locked_at', 'l.last_activity_at'])
    .select('teams.config as team_config');

type EntryBuilder = ExpressionBuilder<{ t: Head; e: Entry }, 't' | 'e'>;

const entriesAt = (entry: 'latest' | 'published' | NumberKind) =>
  compiledByCounts(
    ['teamIds', 'templateIds'],
    (db, engine, like: EntriesAsked, { teamIds, templateIds, number }) =>
      rowsOf(db, eb =>
        entry === 'latest'
          ? eb('e.internal_version', '=', eb.ref('t.version'))
          : entry === 'published'
            ? eb('e.internal_version', '=', eb.ref('t.published_internal_version'))
            : eb.and([eb(numberColumns[entry], '=', number), isNumbered(entry)]),
      )
        .where(eb => isAmong(engine, eb.ref('t.team_id'), like.teamIds, teamIds))
        .where(eb =>
          isAmong(engine, eb.ref('t.template_id'), like.templateIds, templateIds),
        ) as unknown as Compilable<TemplateRow>,
  );

const entries = {
  latest: entriesAt('latest'),
  published: entriesAt('published'),
  publicVersion: entriesAt('publicVersion'),
  publishedVersion: entriesAt('publishedVersion'),
  internalVersion: entriesAt('internalVersion'),
};

export class TemplateReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /**
   * The templates among `templateIds` that belong to one of the teams, each with the entry asked for; without that entry it is
   * left out. One statement. Several templates by number: `entriesNumbered`, which goes by the index of the numbers.
   */
  entries(teamIds: readonly string[], templateIds: readonly string[], entry: EntrySelector): Promise<TemplateRow[]> {
    const [name, number] =
      typeof entry === 'string' ? [entry, 0] : (Object.entries(entry) as [[NumberKind, number]])[0];
    return entries[name](this.db, this.engine, { teamIds, templateIds, number });
  }

  /** The entries that have one of these numbers, greater than 0, of this kind: one statement, whatever the number of templates. */
  async entriesNumbered(
    teamIds: readonly string[],
    kind: NumberKind,
    pairs: readonly { readonly templateId: string; readonly number: number }[],
  ): Promise<TemplateRow[]> {
    const asked = pairs.filter(({ number }) => number > 0);
    if (asked.length === 0) return [];
    const wanted =
      this.engine === 'sqlite'
        ? sql<{ template_id: string; number: number }>`(
            select value ->> '$[0]' as template_id, value ->> '$[1]' as number
            from json_each(${JSON.stringify(asked.map(pair => [pair.templateId, pair.number]))}))`
        : sql<{ template_id: string; number: number }>`(
            select * from unnest(
              ${asked.map(pair => pair.templateId)}::text[], ${asked.map(pair => pair.number)}::int[]
            ) as pairs(template_id, number))`;
    const rows = rowsOf(this.db, () => isNumbered(kind))
      .innerJoin(wanted.as('w'), join =>
        join.onRef('w.template_id', '=', 'e.template_id').onRef('w.number', '=', numberColumns[kind]),
      )
      .where(eb => isOneOf(this.engine, eb.ref('t.team_id'), teamIds));
    return (await rows.execute()) as unknown as TemplateRow[];
  }

  /** How often each of these templates was published. */
  publishCounts(teamIds: readonly string[], templateIds: readonly string[]): Promise<Published[]> {
    return this.db
      .selectFrom('templates')
      .select(['team_id', 'template_id', 'publish_count'])
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('template_id'), templateIds))
      .execute();
  }

  /** Entries from the one published last on (all of them before the first publishing), oldest first, of each template. */
  drafts(teamIds: readonly string[], templateIds: readonly string[]): Promise<Entry[]> {
    return this.db
      .selectFrom('template_entries as e')
      .innerJoin('templates as t', join =>
        join.onRef('t.team_id', '=', 'e.team_id').onRef('t.template_id', '=', 'e.template_id'),
      )
      .selectAll('e')
      .where(eb => isOneOf(this.engine, eb.ref('t.team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('t.template_id'), templateIds))
      .where(eb => eb('e.internal_version', '>=', eb.fn.coalesce('t.published_internal_version', sql.lit(0))))
      .orderBy('e.template_id')
      .orderBy('e.internal_version')
      .execute();
  }

  /** The entries that wait for approval: the first `limit`. */
  inReview(teamId: string, limit: number): Promise<Pick<Entry, 'template_id' | 'title'>[]> {
    return (
      this.db
        .selectFrom('template_entries as e')
        .select(['e.template_id', 'e.title'])
        .where(eb => ofLargeTeam(this.engine, eb.ref('e.team_id'), teamId))
        // As a literal: the index has these entries alone.
        .where('e.status', '=', sql.lit('InReview'))
        .orderBy('e.template_id')
        .limit(limit)
        .execute()
    );
  }

  /** Jobs of each template, counted apart by open (0) and closed (1). */
  jobCounts(
    teamIds: readonly string[],
    templateIds: readonly string[],
  ): Promise<{ template_id: string; closed: number; jobs: number }[]> {
    return this.db
      .selectFrom('jobs')
      .select(['template_id', 'closed', eb => eb.fn.countAll<number>().as('jobs')])
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('template_id'), templateIds))
      .groupBy(['template_id', 'closed'])
      .execute();
  }
}

interface OfTemplate {
  readonly teamId: string;
  readonly templateId: string;
}

const insertedHead = compiledByColumns((db, head: Head) => db.insertInto('templates').values(head));

const insertedEntry = compiledByColumns((db, entry: Entry) => db.insertInto('template_entries').values(entry));

const changedHead = compiledByColumns(
  (db, { teamId, templateId, before, ...change }: Partial<Head> & OfTemplate & { readonly before: number }) =>
    db
      .updateTable('templates')
      .set(change)
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('revision', '=', before),
);

const markedEntry = compiledByColumns(
  (db, { teamId, templateId, version, ...mark }: Partial<Entry> & OfTemplate & { readonly version: number }) =>
    db
      .updateTable('template_entries')
      .set(mark)
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('internal_version', '=', version),
);

const greatestVersion = compiledOnce(['teamId', 'templateId'], (db, _engine, { teamId, templateId }: OfTemplate) =>
  db
    .selectFrom('template_entries')
    .select(eb => eb.fn.max('public_version').as('greatest'))
    .where('team_id', '=', teamId)
    .where('template_id', '=', templateId)
    .where('public_version', '>', sql.lit(0)),
);

export class TemplateTransactor extends TemplateReader {
  async insertHead(head: Head): Promise<void> {
    await insertedHead(this.db, this.engine, head);
  }

  async insertEntry(entry: Entry): Promise<void> {
    await insertedEntry(this.db, this.engine, entry);
  }

  /** @throws OvertakenByWriter when the head is no longer the one that was read */
  async changeHead(read: Head, change: Partial<Head>): Promise<void> {
    const { team_id: teamId, template_id: templateId, revision: before } = read;
    const values = { ...differing(read, change), revision: before + 1, teamId, templateId, before };
    const { numAffectedRows } = await changedHead(this.db, this.engine, values);
    if (numAffectedRows === 0n) throw new OvertakenByWriter();
  }

  /** Keeps others from changing the head until the end of the transaction. @throws OvertakenByWriter as changeHead */
  async keepHead(read: Head): Promise<void> {
    // SQLite has one writer anyway.
    if (this.engine === 'sqlite') return;
    const head = await this.db
      .selectFrom('templates')
      .select('revision')
      .where('team_id', '=', read.team_id)
      .where('template_id', '=', read.template_id)
      .forShare()
      .executeTakeFirst();
    if (head?.revision !== read.revision) throw new OvertakenByWriter();
  }

  /** What of an entry moves: nothing of its content. */
  async markEntry(
    entry: Entry,
    mark: Partial<Pick<Entry, 'status' | 'public_version' | 'published_version' | 'published_by' | 'published_at'>>,
  ): Promise<void> {
    const { team_id: teamId, template_id: templateId, internal_version: version } = entry;
    await markedEntry(this.db, this.engine, { ...mark, teamId, templateId, version });
  }

  /** The greatest publicVersion given to an entry so far; 0 before the first. */
  async greatestPublicVersion(teamId: string, templateId: string): Promise<number> {
    const [row] = await greatestVersion(this.db, this.engine, { teamId, templateId });
    return row?.greatest ?? 0;
  }
}
