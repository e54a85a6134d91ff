/** Attributes: what a team defines, what carries which values, and what the rule of a team hides from whom. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

export type Carried = Row<'attribute_values'>;

/** What carries values: AbacActorType numbers. */
export const ownerKinds = { user: 0, template: 3, sheetSet: 6 } as const;

export type OwnerKind = (typeof ownerKinds)[keyof typeof ownerKinds];

export class AttributeReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** In their order. */
  definitions(teamIds: readonly string[]): Promise<Row<'attributes'>[]> {
    return this.db
      .selectFrom('attributes')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .orderBy('team_id')
      .orderBy('ordinal')
      .execute();
  }

  carried(teamIds: readonly string[], kind: OwnerKind, ownerIds: readonly string[]): Promise<Carried[]> {
    return this.db
      .selectFrom('attribute_values')
      .selectAll()
      .where(eb => isOneOf(this.engine, eb.ref('team_id'), teamIds))
      .where('owner_kind', '=', kind)
      .where(eb => isOneOf(this.engine, eb.ref('owner_id'), ownerIds))
      .execute();
  }

  /** Which of these templates carry values, and none of those that the user carries in the same team. One statement. */
  async hiddenFrom(userId: string, teamIds: readonly string[], templateIds: readonly string[]): Promise<Set<string>> {
    const { rows } = await sql<{ owner_id: string }>`
      select distinct t.owner_id from attribute_values as t
      where ${isOneOf(this.engine, sql.ref('t.team_id'), teamIds)} and t.owner_kind = ${ownerKinds.template}
        and ${isOneOf(this.engine, sql.ref('t.owner_id'), templateIds)}
        and not exists (
          select 1 from attribute_values as s
          join attribute_values as u on u.team_id = s.team_id and u.attribute_id = s.attribute_id and u.value_id = s.value_id
          where s.team_id = t.team_id and s.owner_kind = t.owner_kind and s.owner_id = t.owner_id
            and u.owner_kind = ${ownerKinds.user} and u.owner_id = ${userId})`.execute(this.db);
    return new Set(rows.map(row => row.owner_id));
  }
}

export class AttributeTransactor extends AttributeReader {
  /** New ones and changed ones. */
  async putDefinitions(rows: readonly Row<'attributes'>[]): Promise<void> {
    await insertProduct(
      this.db,
      this.engine,
      'attributes',
      rows,
      [],
      'on conflict (team_id, attribute_id) do update set label = excluded.label, options = excluded.options',
    );
  }

  async dropValues(teamId: string, valueIds: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('attribute_values')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('value_id'), valueIds))
      .execute();
  }

  /** @param attributeId takes all its values off the owner */
  async clear(teamId: string, kind: OwnerKind, ownerId: string, attributeId: string): Promise<void> {
    await this.db
      .deleteFrom('attribute_values')
      .where('team_id', '=', teamId)
      .where('owner_kind', '=', kind)
      .where('owner_id', '=', ownerId)
      .where('attribute_id', '=', attributeId)
      .execute();
  }

  async add(
    owner: Pick<Carried, 'team_id' | 'owner_kind' | 'owner_id'>,
    values: readonly Pick<Carried, 'attribute_id' | 'value_id'>[],
  ): Promise<void> {
    await insertProduct(this.db, this.engine, 'attribute_values', values, [owner], 'on conflict do nothing');
  }
}
