/** Tags: the words of a team. */
import type { Kysely } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export class TagReader {
  protected readonly db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.#engine = engine;
  }

  tagsOf(teamId: string): Promise<Row<'tags'>[]> {
    return this.db.selectFrom('tags').selectAll().where('team_id', '=', teamId).execute();
  }

  tagsById(teamId: string, tagIds: readonly string[]): Promise<Row<'tags'>[]> {
    return this.db
      .selectFrom('tags')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.#engine, eb.ref('tag_id'), tagIds))
      .execute();
  }

  /** In one of these teams. */
  tag(teamIds: readonly string[], tagId: string): Promise<Row<'tags'> | undefined> {
    return this.db
      .selectFrom('tags')
      .selectAll()
      .where(eb => isOneOf(this.#engine, eb.ref('team_id'), teamIds))
      .where('tag_id', '=', tagId)
      .executeTakeFirst();
  }

  /** @param nameKey of `sameName` */
  tagNamed(teamId: string, nameKey: string): Promise<Row<'tags'> | undefined> {
    return this.db
      .selectFrom('tags')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('name_key', '=', nameKey)
      .executeTakeFirst();
  }

  async tagCount(teamId: string): Promise<number> {
    const { count } = await this.db
      .selectFrom('tags')
      .select(eb => eb.fn.countAll().as('count'))
      .where('team_id', '=', teamId)
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}

export class TagTransactor extends TagReader {
  async insertTag(tag: Row<'tags'>): Promise<void> {
    await this.db.insertInto('tags').values(tag).execute();
  }

  async renameTag({ team_id, tag_id, name, name_key }: Row<'tags'>): Promise<void> {
    await this.db
      .updateTable('tags')
      .set({ name, name_key })
      .where('team_id', '=', team_id)
      .where('tag_id', '=', tag_id)
      .execute();
  }
}
