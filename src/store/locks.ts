/**
 * Locks of templates: one row at most, taken by one conditional insert, so that of two callers exactly one wins whichever server
 * processes they talk to.
 */
import type { Kysely } from 'kysely';
import type { LockHolding } from '../base/errors.ts';
import { compiledOnce } from './compiled.ts';
import type { Engine } from './engine.ts';
import type { Database, Row } from './schema.ts';

interface Held {
  readonly teamId: string;
  readonly templateId: string;
  readonly tokenId: string;
  readonly now: number;
}

const touched = compiledOnce(
  ['teamId', 'templateId', 'tokenId', 'now'],
  (db, _engine, { teamId, templateId, tokenId, now }: Held) =>
    db
      .updateTable('template_locks')
      .set({ last_activity_at: now })
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('token_id', '=', tokenId)
      .returningAll(),
);

type Lock = Row<'template_locks'>;

const LOCK_COLUMNS = ['team_id', 'template_id', 'token_id', 'user_id', 'locked_at', 'last_activity_at'] as const;

const taken = compiledOnce(
  [...LOCK_COLUMNS, 'previous'],
  (db, _engine, { previous, ...lock }: Lock & { readonly previous: string }) =>
    db
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
              eb('template_locks.token_id', 'in', [lock.token_id, previous]),
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
      .returningAll(),
);

export class LockTransactor {
  readonly #db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.#db = db;
    this.#engine = engine;
  }

  /** Those that the user holds on templates of the team, by whatever token. */
  async releaseLocksOf(teamId: string, userId: string): Promise<void> {
    await this.#db.deleteFrom('template_locks').where('team_id', '=', teamId).where('user_id', '=', userId).execute();
  }

  /**
   * Takes the lock when it is free, its token has expired, or it belongs to the same token (then it is refreshed) or to
   * `previousTokenId` (then it is broken).
   * @returns the lock, or undefined when another token holds it
   */
  acquireLock(lock: Lock, previousTokenId = lock.token_id): Promise<Lock | undefined> {
    return taken(this.#db, this.#engine, { ...lock, previous: previousTokenId }).then(([held]) => held);
  }

  /** The token's hold on the lock, its last activity set to `now`. @returns undefined when the token does not hold it */
  touchLock(teamId: string, templateId: string, tokenId: string, now: number): Promise<Lock | undefined> {
    return touched(this.#db, this.#engine, { teamId, templateId, tokenId, now }).then(([lock]) => lock);
  }

  /** @returns whether the token held the lock */
  async deleteLock(teamId: string, templateId: string, tokenId: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('template_locks')
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where('token_id', '=', tokenId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** Whoever holds it. */
  async releaseLock(teamId: string, templateId: string): Promise<void> {
    await this.#db
      .deleteFrom('template_locks')
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .execute();
  }

  /** Who holds the lock now. */
  async lockHolding(teamId: string, templateId: string, now: number): Promise<LockHolding | undefined> {
    const row = await this.#db
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
