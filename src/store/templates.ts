/**
 * Templates: the head, its entries and its lock.
 *
 * The head is the row that writers of one template meet at: every change compares and sets its `revision`, and the one that comes
 * second runs again. The lock is one row at most, taken by one conditional insert, so that of two callers exactly one wins
 * whichever server processes they talk to.
 */
import { type Compilable, type Kysely, sql } from 'kysely';
import type { LockHolding } from '../base/errors.ts';
import { compiledOnce } from './compiled.ts';
import { type Engine, isOneOf } from './engine.ts';
import { OvertakenByWriter } from './overtaken.ts';
import type { Database, Row } from './schema.ts';

type Head = Row<'templates'>;
type Entry = Row<'template_entries'>;

/**
 * A head with one of its entries, the facts of its last publishing, its team's settings and its lock, flat as it comes from one
 * statement. Without `lock_token_id` there is no lock; from `lock_expires_at` (epoch milliseconds) on there is none any more.
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

/** What names an entry of a template: its internal version or its public one; 'latest' and 'published' as the head says. */
export type EntrySelector = 'latest' | 'published' | { readonly publicVersion: number };

interface EntriesAsked {
  readonly teamIds: readonly string[];
  readonly templateIds: readonly string[];
  readonly publicVersion: number;
}

const entriesAt = (entry: 'latest' | 'published' | 'public') =>
  compiledOnce(
    ['teamIds', 'templateIds', 'publicVersion'],
    (db, engine, { teamIds, templateIds, publicVersion }: EntriesAsked) =>
      db
        .selectFrom('templates as t')
        .innerJoin('template_entries as e', join =>
          join
            .onRef('e.team_id', '=', 't.team_id')
            .onRef('e.template_id', '=', 't.template_id')
            .on(eb =>
              entry === 'latest'
                ? eb('e.internal_version', '=', eb.ref('t.version'))
                : entry === 'published'
                  ? eb('e.internal_version', '=', eb.ref('t.published_internal_version'))
                  : eb('e.public_version', '=', publicVersion),
            ),
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
        .select('teams.config as team_config')
        .where(eb => isOneOf(engine, eb.ref('t.team_id'), teamIds))
        .where(eb => isOneOf(engine, eb.ref('t.template_id'), templateIds)) as unknown as Compilable<TemplateRow>,
  );

const entries = { latest: entriesAt('latest'), published: entriesAt('published'), public: entriesAt('public') };

export class TemplateReader {
  protected readonly db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.#engine = engine;
  }

  /**
   * The templates among `templateIds` that belong to one of the teams, each with the entry asked for; without that entry it is
   * left out. One statement.
   */
  entries(teamIds: readonly string[], templateIds: readonly string[], entry: EntrySelector): Promise<TemplateRow[]> {
    const [name, publicVersion] = typeof entry === 'string' ? [entry, 0] : ['public' as const, entry.publicVersion];
    return entries[name](this.db, this.#engine, { teamIds, templateIds, publicVersion });
  }

  /** Entries from the one published last on (all of them before the first publishing), oldest first, of each template. */
  drafts(teamIds: readonly string[], templateIds: readonly string[]): Promise<Entry[]> {
    return this.db
      .selectFrom('template_entries as e')
      .innerJoin('templates as t', join =>
        join.onRef('t.team_id', '=', 'e.team_id').onRef('t.template_id', '=', 'e.template_id'),
      )
      .selectAll('e')
      .where(eb => isOneOf(this.#engine, eb.ref('t.team_id'), teamIds))
      .where(eb => isOneOf(this.#engine, eb.ref('t.template_id'), templateIds))
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
        .where('e.team_id', '=', teamId)
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
      .where(eb => isOneOf(this.#engine, eb.ref('team_id'), teamIds))
      .where(eb => isOneOf(this.#engine, eb.ref('template_id'), templateIds))
      .groupBy(['template_id', 'closed'])
      .execute();
  }
}

export class TemplateTransactor extends TemplateReader {
  async insertHead(head: Head): Promise<void> {
    await this.db.insertInto('templates').values(head).execute();
  }

  async insertEntry(entry: Entry): Promise<void> {
    await this.db.insertInto('template_entries').values(entry).execute();
  }

  /** @throws OvertakenByWriter when the head is no longer the one that was read */
  async changeHead(read: Head, change: Partial<Head>): Promise<void> {
    const { numUpdatedRows } = await this.db
      .updateTable('templates')
      .set({ ...change, revision: read.revision + 1 })
      .where('team_id', '=', read.team_id)
      .where('template_id', '=', read.template_id)
      .where('revision', '=', read.revision)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new OvertakenByWriter();
  }

  async markPublished(
    entry: Entry,
    mark: Pick<Entry, 'public_version' | 'published_version' | 'published_by' | 'published_at'>,
  ): Promise<void> {
    await this.db
      .updateTable('template_entries')
      .set({ ...mark, status: 'Published' })
      .where('team_id', '=', entry.team_id)
      .where('template_id', '=', entry.template_id)
      .where('internal_version', '=', entry.internal_version)
      .execute();
  }

  /** The greatest publicVersion given to an entry so far; 0 before the first. */
  async greatestPublicVersion(teamId: string, templateId: string): Promise<number> {
    const row = await this.db
      .selectFrom('template_entries')
      .select(eb => eb.fn.max('public_version').as('greatest'))
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('public_version', '>', sql.lit(0))
      .executeTakeFirstOrThrow();
    return row.greatest ?? 0;
  }

  /** Those that the user holds on templates of the team, by whatever token. */
  async releaseLocksOf(teamId: string, userId: string): Promise<void> {
    await this.db.deleteFrom('template_locks').where('team_id', '=', teamId).where('user_id', '=', userId).execute();
  }

  /**
   * Takes the lock when it is free, its token has expired, or it belongs to the same token (then it is refreshed) or to
   * `previousTokenId` (then it is broken).
   * @returns the lock, or undefined when another token holds it
   */
  acquireLock(
    lock: Row<'template_locks'>,
    previousTokenId = lock.token_id,
  ): Promise<Row<'template_locks'> | undefined> {
    return this.db
      .insertInto('template_locks')
      .values(lock)
      .onConflict(conflict =>
        conflict
          .columns(['team_id', 'template_id'])
          .doUpdateSet(eb => ({
            token_id: eb.ref('excluded.token_id'),
            user_id: eb.ref('excluded.user_id'),
            locked_at: eb
              .case()
              .when('template_locks.token_id', '=', eb.ref('excluded.token_id'))
              .then(eb.ref('template_locks.locked_at'))
              .else(eb.ref('excluded.locked_at'))
              .end(),
            last_activity_at: eb.ref('excluded.last_activity_at'),
          }))
          .where(eb =>
            eb.or([
              eb('template_locks.token_id', 'in', [lock.token_id, previousTokenId]),
              eb.not(
                eb.exists(
                  eb
                    .selectFrom('tokens')
                    .select('tokens.token_id')
                    .whereRef('tokens.token_id', '=', 'template_locks.token_id')
                    .where('tokens.expires_at', '>', lock.locked_at),
                ),
              ),
            ]),
          ),
      )
      .returningAll()
      .executeTakeFirst();
  }

  /** The token's hold on the lock, its last activity set to `now`. @returns undefined when the token does not hold it */
  touchLock(
    teamId: string,
    templateId: string,
    tokenId: string,
    now: number,
  ): Promise<Row<'template_locks'> | undefined> {
    return this.db
      .updateTable('template_locks')
      .set({ last_activity_at: now })
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('token_id', '=', tokenId)
      .returningAll()
      .executeTakeFirst();
  }

  /** @returns whether the token held the lock */
  async deleteLock(teamId: string, templateId: string, tokenId: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('template_locks')
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('token_id', '=', tokenId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** Who holds the lock now. */
  async lockHolding(teamId: string, templateId: string, now: number): Promise<LockHolding | undefined> {
    const row = await this.db
      .selectFrom('template_locks as lock')
      .innerJoin('tokens', 'tokens.token_id', 'lock.token_id')
      .innerJoin('users', 'users.user_id', 'lock.user_id')
      .selectAll('lock')
      .select(['users.email', 'users.name', 'users.created_at'])
      .where('lock.team_id', '=', teamId)
      .where('lock.template_id', '=', templateId)
      .where('tokens.expires_at', '>', now)
      .executeTakeFirst();
    return (
      row && {
        tokenId: row.token_id,
        holder: { id: row.user_id, email: row.email, name: row.name, createdAt: row.created_at },
        lockedAt: row.locked_at,
        lastActivityAt: row.last_activity_at,
      }
    );
  }
}
