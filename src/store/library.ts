/**
 * What a team's templates are found by: queries read heads alone, and beside them the words, tags and metadata of the latest entries,
 * which are written with the entry (template_texts, template_metadata).
 */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { ownerKinds } from './attributes.ts';
import { insertProduct } from './bulk.ts';
import { compiledByCounts, compiledOnce } from './compiled.ts';
import { type Engine, isAmong, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** A value that metadata of the latest entry must have. */
export type MetadataCondition = { readonly metadataId: string } & (
  | { readonly textKey: string }
  | { readonly number: number }
  /** Of each list, one: an option and those that were merged into it. */
  | { readonly options: readonly (readonly string[])[] }
);

/** All that is set must hold. */
export interface TemplateFilter {
  readonly teamId: string;
  readonly isArchived?: boolean;
  readonly isPublished?: boolean;
  readonly isLatestPublished?: boolean;
  readonly typs?: readonly number[];
  readonly authorId?: string;
  readonly categoryId?: string;
  /** Epoch milliseconds. */
  readonly modifiedSince?: number;
  readonly modifiedBefore?: number;
  /** Each begins a word of title or description. */
  readonly words: readonly string[];
  readonly metadata: readonly MetadataCondition[];
  /** By attribute id: at least one of these values. */
  readonly attributes: readonly { readonly id: string; readonly valueIds: readonly string[] }[];
  /** A user to whom the team's rule shows only what it shares an attribute value with. */
  readonly seenBy?: string;
}

export interface TemplateOrdering {
  readonly by: 'title_key' | 'latest_authored_at' | 'modified_at' | 'typ';
  readonly descending: boolean;
}

interface Templates {
  readonly teamIds: readonly string[];
  readonly templateIds: readonly string[];
}

const tagged = compiledByCounts(['teamIds', 'templateIds'], (db, engine, like: Templates, { teamIds, templateIds }) =>
  db
    .selectFrom('template_tags as tt')
    .innerJoin('tags', join => join.onRef('tags.team_id', '=', 'tt.team_id').onRef('tags.tag_id', '=', 'tt.tag_id'))
    .select(['tt.template_id', 'tt.tag_id', 'tt.comment', 'tags.name'])
    .where(eb => isAmong(engine, eb.ref('tt.team_id'), like.teamIds, teamIds))
    .where(eb => isAmong(engine, eb.ref('tt.template_id'), like.templateIds, templateIds)),
);

export class LibraryReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** Ids of templates in order, ties by id. */
  async find(filter: TemplateFilter, order: readonly TemplateOrdering[], limit: number, offset = 0): Promise<string[]> {
    let query = this.#filtered(filter).select('t.template_id').limit(limit).offset(offset);
    for (const { by, descending } of order) query = query.orderBy(`t.${by}`, descending ? 'desc' : 'asc');
    const lastDescending = order.at(-1)?.descending ?? false;
    // In the direction of the key before it, as the indexes have it.
    query = query.orderBy('t.template_id', lastDescending ? 'desc' : 'asc');
    return (await query.execute()).map(row => row.template_id);
  }

  /** @param upTo counts no further */
  async count(filter: TemplateFilter, upTo?: number): Promise<number> {
    const found = this.#filtered(filter).select('t.template_id');
    const { count } = await this.db
      .selectFrom((upTo === undefined ? found : found.limit(upTo)).as('found'))
      .select(eb => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  #filtered(filter: TemplateFilter) {
    const conditions: RawBuilder<SqlBool>[] = [];
    const when = (value: boolean | undefined, holds: RawBuilder<SqlBool>, holdsNot: RawBuilder<SqlBool>) => {
      if (value !== undefined) conditions.push(value ? holds : holdsNot);
    };
    const also = <T>(value: T | undefined, condition: (value: T) => RawBuilder<SqlBool>) => {
      if (value !== undefined) conditions.push(condition(value));
    };
    when(filter.isArchived, sql`t.archived_at is not null`, sql`t.archived_at is null`);
    when(filter.isPublished, sql`t.published_internal_version is not null`, sql`t.published_internal_version is null`);
    when(filter.isLatestPublished, sql`t.latest_status = 'Published'`, sql`t.latest_status <> 'Published'`);
    also(filter.typs, typs => sql`t.typ in (${sql.join(typs)})`);
    also(filter.authorId, authorId => sql`t.latest_author_id = ${authorId}`);
    also(filter.categoryId, categoryId => sql`t.category_id = ${categoryId}`);
    also(filter.modifiedSince, since => sql`t.modified_at >= ${since}`);
    also(filter.modifiedBefore, before => sql`t.modified_at < ${before}`);
    if (filter.words.length > 0) conditions.push(hasWords(filter.words));
    for (const condition of filter.metadata) conditions.push(...this.#hasMetadata(condition));
    for (const { id, valueIds } of filter.attributes) conditions.push(this.#hasAttribute(id, valueIds));
    also(filter.seenBy, showsTo);
    const query = this.db.selectFrom('templates as t').where('t.team_id', '=', filter.teamId);
    return conditions.reduce((narrowed, condition) => narrowed.where(condition), query);
  }

  #hasMetadata(condition: MetadataCondition): RawBuilder<SqlBool>[] {
    const has = (value: RawBuilder<SqlBool>) => sql<SqlBool>`exists (
      select 1 from template_metadata as m
      where m.team_id = t.team_id and m.template_id = t.template_id and m.metadata_id = ${condition.metadataId} and ${value})`;
    if ('textKey' in condition) return [has(sql`m.text_key like ${`%${likeable(condition.textKey)}%`} escape '\\'`)];
    if ('number' in condition) return [has(sql`m.number = ${condition.number}`)];
    return condition.options.map(ids => has(isOneOf(this.engine, sql.ref('m.option_id'), ids)));
  }

  #hasAttribute(attributeId: string, valueIds: readonly string[]): RawBuilder<SqlBool> {
    return sql`exists (
      select 1 from attribute_values as v
      where v.team_id = t.team_id and v.owner_kind = ${sql.lit(ownerKinds.template)} and v.owner_id = t.template_id
        and v.attribute_id = ${attributeId} and ${isOneOf(this.engine, sql.ref('v.value_id'), valueIds)})`;
  }

  /** Groups of the latest entries of a team whose title has this in it, without their children, by title: the first `limit`. */
  async groupsTitled(
    teamId: string,
    titleKey: string,
    seenBy: string | undefined,
    limit: number,
  ): Promise<{ title: string | null; body: Buffer }[]> {
    const pattern = `%${likeable(titleKey)}%`;
    const below =
      this.engine === 'sqlite'
        ? sql`join json_each(n.children) as below`
        : sql`cross join jsonb_array_elements_text(n.children::jsonb) as below(value)`;
    const seen = seenBy === undefined ? sql`` : sql`and ${showsTo(seenBy)}`;
    const { rows } = await sql<{ title: string | null; body: Buffer }>`
      with recursive roots as (
        select e.root_hash as hash, e.title, t.title_key, t.template_id from templates as t
        join template_entries as e
          on e.team_id = t.team_id and e.template_id = t.template_id and e.internal_version = t.version
        where t.team_id = ${teamId} and t.archived_at is null ${seen}
      ), groups(hash) as (
        select below.value from roots join step_nodes as n on n.team_id = ${teamId} and n.hash = roots.hash ${below}
        union
        select below.value from groups join step_nodes as n on n.team_id = ${teamId} and n.hash = groups.hash ${below}
      ), found as (
        select roots.title, roots.title_key as title_key, roots.hash, roots.template_id as tie from roots
        where roots.title_key like ${pattern} escape '\\'
        union all
        select null as title, n.title_key, n.hash, n.hash as tie from groups
        join step_nodes as n on n.team_id = ${teamId} and n.hash = groups.hash
        where n.title_key like ${pattern} escape '\\'
      )
      select found.title, n.body from found join step_nodes as n on n.team_id = ${teamId} and n.hash = found.hash
      order by ${this.engine === 'sqlite' ? sql`found.title_key, found.tie` : sql`found.title_key collate "C", found.tie collate "C"`}
      limit ${limit}`.execute(this.db);
    return rows;
  }

  /** What templates of a team are found by as it stands there: words, and rows of metadata as JSON. */
  async foundBy(teamId: string, templateIds: readonly string[]) {
    const ofThem = <T extends 'template_texts' | 'template_metadata'>(table: T) =>
      this.db
        .selectFrom(table as 'template_texts')
        .selectAll()
        .where('team_id', '=', teamId)
        .where(eb => isOneOf(this.engine, eb.ref('template_id'), templateIds))
        .execute() as unknown as Promise<Row<T>[]>;
    const texts = new Map((await ofThem('template_texts')).map(row => [row.template_id, row.search_key]));
    const metadata = Map.groupBy(await ofThem('template_metadata'), row => row.template_id);
    const told = (row: Row<'template_metadata'>) =>
      JSON.stringify([row.metadata_id, row.option_id, row.text_key, row.number]);
    return new Map(
      templateIds.map(id => [id, { search_key: texts.get(id) ?? null, metadata: (metadata.get(id) ?? []).map(told) }]),
    );
  }

  /** Tags of templates, by name. */
  tagsOf(teamIds: readonly string[], templateIds: readonly string[]) {
    return tagged(this.db, this.engine, { teamIds, templateIds });
  }
}

const hasWords = (words: readonly string[]): RawBuilder<SqlBool> => {
  const begun = words.map(word => sql`and x.search_key like ${`% ${likeable(word)}%`} escape '\\'`);
  return sql`exists (
    select 1 from template_texts as x
    where x.team_id = t.team_id and x.template_id = t.template_id ${sql.join(begun, sql` `)})`;
};

/** The team's rule: what carries attribute values is seen by who shares one. */
const showsTo = (userId: string): RawBuilder<SqlBool> => sql`(
  not exists (
    select 1 from attribute_values as a
    where a.team_id = t.team_id and a.owner_kind = ${sql.lit(ownerKinds.template)} and a.owner_id = t.template_id)
  or exists (
    select 1 from attribute_values as a
    join attribute_values as u on u.team_id = a.team_id and u.attribute_id = a.attribute_id and u.value_id = a.value_id
    where a.team_id = t.team_id and a.owner_kind = ${sql.lit(ownerKinds.template)} and a.owner_id = t.template_id
      and u.owner_kind = ${sql.lit(ownerKinds.user)} and u.owner_id = ${userId}))`;

const likeable = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

interface Text {
  readonly teamId: string;
  readonly templateId: string;
  readonly searchKey: string;
}

const writtenText = compiledOnce(
  ['teamId', 'templateId', 'searchKey'],
  (db, _engine, { teamId, templateId, searchKey }: Text) =>
    db
      .insertInto('template_texts')
      .values({ team_id: teamId, template_id: templateId, search_key: searchKey })
      .onConflict(conflict =>
        conflict.columns(['team_id', 'template_id']).doUpdateSet(eb => ({ search_key: eb.ref('excluded.search_key') })),
      ),
);

export class LibraryTransactor extends LibraryReader {
  async writeText(teamId: string, templateId: string, searchKey: string): Promise<void> {
    await writtenText(this.db, this.engine, { teamId, templateId, searchKey });
  }

  /** In the place of what the template had. */
  async writeMetadata(
    teamId: string,
    templateId: string,
    values: readonly Omit<Row<'template_metadata'>, 'team_id' | 'template_id'>[],
  ): Promise<void> {
    await this.db
      .deleteFrom('template_metadata')
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .execute();
    const template = { team_id: teamId, template_id: templateId };
    await insertProduct(this.db, this.engine, 'template_metadata', values, [template]);
  }

  async writeTags(teamId: string, templateId: string, tags: readonly { tag_id: string; comment: string | null }[]) {
    await this.removeTags(
      teamId,
      templateId,
      tags.map(tag => tag.tag_id),
    );
    await insertProduct(this.db, this.engine, 'template_tags', tags, [{ team_id: teamId, template_id: templateId }]);
  }

  async removeTags(teamId: string, templateId: string, tagIds: readonly string[]): Promise<void> {
    if (tagIds.length === 0) return;
    await this.db
      .deleteFrom('template_tags')
      .where('team_id', '=', teamId)
      .where('template_id', '=', templateId)
      .where(eb => isOneOf(this.engine, eb.ref('tag_id'), tagIds))
      .execute();
  }
}
