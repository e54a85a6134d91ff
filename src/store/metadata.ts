/** Definitions of metadata, and the options of their lists. */
import { type Kysely, sql } from 'kysely';
import { insertProduct } from './bulk.ts';
import { compiledOnce } from './compiled.ts';
import { type Engine, isOneOf, ofLargeTeam } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** Which definitions of a team. */
export interface DefinitionFilter {
  /** Owner numbers; undefined: of every owner. */
  readonly owners: readonly number[] | undefined;
  readonly archived: boolean;
  readonly externallyManaged: boolean;
}

const required = compiledOnce(['teamId'], (db, _engine, { teamId }: { readonly teamId: string }) =>
  db
    .selectFrom('metadata_definitions')
    .selectAll()
    .where('team_id', '=', teamId)
    .where('is_required', '=', 1)
    .where('archived_at', 'is', null),
);

export class MetadataReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  definitionsOf(teamId: string, filter: DefinitionFilter): Promise<Row<'metadata_definitions'>[]> {
    const { owners, archived, externallyManaged } = filter;
    return this.db
      .selectFrom('metadata_definitions')
      .selectAll()
      .where('team_id', '=', teamId)
      .$if(owners !== undefined, query => query.where('owner', 'in', owners!))
      .$if(!archived, query => query.where('archived_at', 'is', null))
      .$if(!externallyManaged, query => query.where('externally_managed', '=', 0))
      .execute();
  }

  /** Those that content must have values of, of every owner. */
  requiredOf(teamId: string): Promise<Row<'metadata_definitions'>[]> {
    return required(this.db, this.engine, { teamId });
  }

  /** Of these ids, archived ones included. */
  definitionsById(teamId: string, metadataIds: readonly string[]): Promise<Row<'metadata_definitions'>[]> {
    return this.db
      .selectFrom('metadata_definitions')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('metadata_id'), metadataIds))
      .execute();
  }

  /** All options on record of these definitions. */
  optionsOf(teamId: string, metadataIds: readonly string[]): Promise<Row<'metadata_options'>[]> {
    return this.db
      .selectFrom('metadata_options')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('metadata_id'), metadataIds))
      .execute();
  }

  definition(teamId: string, metadataId: string): Promise<Row<'metadata_definitions'> | undefined> {
    return this.db
      .selectFrom('metadata_definitions')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('metadata_id', '=', metadataId)
      .executeTakeFirst();
  }

  /** Those that are not archived, of every owner. @param keys of `sameName` */
  definitionsNamed(teamId: string, keys: readonly string[]): Promise<Row<'metadata_definitions'>[]> {
    return this.db
      .selectFrom('metadata_definitions')
      .selectAll()
      .where(eb => ofLargeTeam(this.engine, eb.ref('team_id'), teamId))
      .where(eb => isOneOf(this.engine, eb.ref('compared_key'), keys))
      .where('archived_at', 'is', null)
      .execute();
  }

  /** How many definitions the team has, archived ones included, and how many bytes they take together. */
  async size(teamId: string): Promise<{ count: number; bytes: number }> {
    const { count, bytes } = await this.db
      .selectFrom('metadata_definitions')
      .select(eb => [eb.fn.countAll().as('count'), eb.fn.sum('bytes').as('bytes')])
      .where('team_id', '=', teamId)
      .executeTakeFirstOrThrow();
    return { count: Number(count), bytes: Number(bytes) };
  }

  /** What the lists of these definitions have, in order. */
  listed(teamId: string, metadataIds: readonly string[]): Promise<Row<'metadata_options'>[]> {
    return this.db
      .selectFrom('metadata_options')
      .selectAll()
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('metadata_id'), metadataIds))
      .where('place', 'is not', null)
      .orderBy('place')
      .execute();
  }

  /** What the list of a definition has, in no order, those of these ids whatever became of them, and what they became. */
  onRecord(teamId: string, metadataId: string, optionIds: readonly string[]): Promise<Row<'metadata_options'>[]> {
    return this.db
      .withRecursive('named(option_id)', db =>
        db
          .selectFrom('metadata_options')
          .select('option_id')
          .where('team_id', '=', teamId)
          .where('metadata_id', '=', metadataId)
          .where(eb => isOneOf(this.engine, eb.ref('option_id'), optionIds))
          .union(
            db
              .selectFrom('metadata_options as merged')
              .innerJoin('named', 'named.option_id', 'merged.option_id')
              .select(sql<string>`merged.merged_into`.as('option_id'))
              .where('merged.team_id', '=', teamId)
              .where('merged.metadata_id', '=', metadataId)
              .where('merged.merged_into', 'is not', null),
          ),
      )
      .selectFrom('metadata_options')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('metadata_id', '=', metadataId)
      .where(eb =>
        eb.or([eb('place', 'is not', null), eb('option_id', 'in', eb.selectFrom('named').select('named.option_id'))]),
      )
      .execute();
  }
}

export class MetadataTransactor extends MetadataReader {
  async insertDefinitions(definitions: readonly Row<'metadata_definitions'>[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'metadata_definitions', definitions);
  }

  /** @param change may be a whole row: its key stays as it is */
  async changeDefinition(
    teamId: string,
    metadataId: string,
    { team_id: _team, metadata_id: _id, ...change }: Partial<Row<'metadata_definitions'>>,
  ): Promise<void> {
    await this.db
      .updateTable('metadata_definitions')
      .set(change)
      .where('team_id', '=', teamId)
      .where('metadata_id', '=', metadataId)
      .execute();
  }

  async insertOptions(options: readonly Row<'metadata_options'>[]): Promise<void> {
    await insertProduct(this.db, this.engine, 'metadata_options', options);
  }

  /** Options of one definition, new or with other contents. */
  async writeOptions(teamId: string, metadataId: string, options: readonly Row<'metadata_options'>[]): Promise<void> {
    // Two that swap texts or places would be in each other's way, one row changed before the other.
    const ids = options.map(option => option.option_id);
    await this.db
      .deleteFrom('metadata_options')
      .where('team_id', '=', teamId)
      .where('metadata_id', '=', metadataId)
      .where(eb => isOneOf(this.engine, eb.ref('option_id'), ids))
      .execute();
    await this.insertOptions(options);
  }
}
