/** Documents: the files that templates show, each with what its body is. */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Engine, isOneOf } from './engine.ts';
import type { Database, Row } from './schema.ts';

/** A document with what its body is. */
export type DocumentRow = Row<'documents'> & Pick<Row<'file_bodies'>, 'sha256' | 'md5' | 'size'>;

/** All that is set must hold. */
export interface DocumentFilter {
  readonly teamId: string;
  /** Each begins a word of the name. */
  readonly words: readonly string[];
  /** What the media type begins with. */
  readonly mimeType: string;
}

export class DocumentReader {
  protected readonly db: Kysely<Database>;
  protected readonly engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.db = db;
    this.engine = engine;
  }

  /** The document with this id, when one of the teams has it. */
  async document(teamIds: readonly string[], documentId: string): Promise<DocumentRow | undefined> {
    const [document] = await this.documents(teamIds, [documentId]);
    return document;
  }

  documents(teamIds: readonly string[], documentIds: readonly string[]): Promise<DocumentRow[]> {
    return this.#withBodies()
      .where(eb => isOneOf(this.engine, eb.ref('d.team_id'), teamIds))
      .where(eb => isOneOf(this.engine, eb.ref('d.document_id'), documentIds))
      .execute();
  }

  /** By name, ties by id. */
  find(filter: DocumentFilter, limit: number, offset: number): Promise<DocumentRow[]> {
    const order =
      this.engine === 'sqlite' ? sql`d.name_key, d.document_id` : sql`d.name_key collate "C", d.document_id`;
    return this.#withBodies().where(matching(filter)).orderBy(order).limit(limit).offset(offset).execute();
  }

  /** @param upTo counts no further */
  async count(filter: DocumentFilter, upTo?: number): Promise<number> {
    const found = this.db.selectFrom('documents as d').select('d.document_id').where(matching(filter));
    const { count } = await this.db
      .selectFrom((upTo === undefined ? found : found.limit(upTo)).as('found'))
      .select(eb => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  #withBodies() {
    return this.db
      .selectFrom('documents as d')
      .innerJoin('file_bodies as b', join =>
        join.onRef('b.team_id', '=', 'd.team_id').onRef('b.body_id', '=', 'd.body_id'),
      )
      .selectAll('d')
      .select(['b.sha256', 'b.md5', 'b.size']);
  }
}

function matching({ teamId, words, mimeType }: DocumentFilter): RawBuilder<SqlBool> {
  const begun = words.map(word => sql`and d.name_key like ${`% ${word}%`}`);
  const typed = mimeType === '' ? sql`` : sql`and d.mime_type like ${`${likeable(mimeType)}%`} escape '\\'`;
  return sql<SqlBool>`d.team_id = ${teamId} ${sql.join(begun, sql` `)} ${typed}`;
}

const likeable = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

export class DocumentTransactor extends DocumentReader {
  /** Entries are for ever: what they show cannot be deleted any more. @returns the ids of those that are there */
  async show(teamId: string, documentIds: readonly string[]): Promise<string[]> {
    const rows = await this.db
      .updateTable('documents')
      .set({ shown: 1 })
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.engine, eb.ref('document_id'), documentIds))
      .returning('document_id')
      .execute();
    return rows.map(row => row.document_id);
  }

  async insert(document: Row<'documents'>): Promise<void> {
    await this.db.insertInto('documents').values(document).execute();
  }

  async rename({ team_id, document_id }: Row<'documents'>, name: string, nameKey: string): Promise<void> {
    await this.db
      .updateTable('documents')
      .set({ name, name_key: nameKey })
      .where('team_id', '=', team_id)
      .where('document_id', '=', document_id)
      .execute();
  }

  /** @returns whether it was deleted: no entry has ever shown it, and no icon does */
  async deleteUnshown(teamId: string, documentId: string): Promise<boolean> {
    const { numDeletedRows } = await this.db
      .deleteFrom('documents')
      .where('team_id', '=', teamId)
      .where('document_id', '=', documentId)
      .where('shown', '=', 0)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('icons')
              .select(sql.lit(1).as('one'))
              .where('icons.team_id', '=', teamId)
              .where('icons.document_id', '=', documentId),
          ),
        ),
      )
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
