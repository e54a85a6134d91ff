/** What step groups' headers choose from: categories and icons. */
import type { Kysely } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type Category = Row<'categories'>;

export class HeaderReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  categories(teamId: string): Promise<Category[]> {
    return this.db.selectFrom('categories').selectAll().where('team_id', '=', teamId).execute();
  }

  category(teamId: string, categoryId: string): Promise<Category | undefined> {
    return this.db
      .selectFrom('categories')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('category_id', '=', categoryId)
      .executeTakeFirst();
  }

  icons(teamId: string, kind: Row<'icons'>['kind']): Promise<Row<'icons'>[]> {
    return this.db.selectFrom('icons').selectAll().where('team_id', '=', teamId).where('kind', '=', kind).execute();
  }

  iconsById(teamId: string, iconIds: readonly string[]): Promise<Row<'icons'>[]> {
    return this.db
      .selectFrom('icons')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('icon_id'), iconIds))
      .execute();
  }

  categoriesById(teamId: string, categoryIds: readonly string[]): Promise<Category[]> {
    return this.db
      .selectFrom('categories')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('category_id'), categoryIds))
      .execute();
  }
}

export class HeaderTransactor extends HeaderReader {
  async insertCategory(category: Category): Promise<void> {
    await this.db.insertInto('categories').values(category).execute();
  }

  async changeCategory({ team_id, category_id }: Category, change: Partial<Category>): Promise<void> {
    await this.db
      .updateTable('categories')
      .set(change)
      .where('team_id', '=', team_id)
      .where('category_id', '=', category_id)
      .execute();
  }

  async insertIcon(icon: Row<'icons'>): Promise<void> {
    await this.db.insertInto('icons').values(icon).execute();
  }
}
