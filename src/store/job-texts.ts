/**
 * What jobs are searched by: their own texts, with a full-text index over them (migration 029: FTS5 on SQLite, GIN on PostgreSQL), and
 * the titles of steps. Writers meet at the head row of the job.
 *
 * The index knows which rows have a word or its beginning; whether words follow each other is asked of the texts themselves.
 */
import { hash } from 'node:crypto';
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { searchedText, type Term } from '../domain/search.ts';
import { insertProduct } from './bulk.ts';
import { type Engine, isOneOf } from './engine.ts';
import type { JobRow } from './jobs.ts';
import type { Database, Row } from './schema.ts';

/** Of a job: a text for each row, in order. */
export interface JobTexts {
  readonly job_id: string;
  /** As searchedText; `personWord` for its people. */
  readonly parts: readonly string[];
}

/** What the texts of a job are made of beside its id and its name. */
export type TextSource = Pick<
  JobRow,
  'description' | 'notes' | 'priority' | 'owned_by' | 'created_by' | 'template_title'
>;

/** @param properties the values of its properties, as people write them. @returns the texts that are not empty, as searchedText */
export function sharedTexts(job: TextSource, properties: readonly string[]): string[] {
  const people = [...new Set([job.owned_by, job.created_by])].flatMap(id => (id === null ? [] : [personWord(id)]));
  const texts = [job.description, job.notes, job.priority, job.template_title, ...properties];
  return [...people, ...texts.map(text => searchedText([text]))].filter(text => text !== '');
}

/** Characters of words in a row, but for a text that is longer by itself. */
const ROW_LENGTH = 60_000;

/** @param shared what several jobs may have in common */
export function textsOf(
  { job_id, job_name }: Pick<JobRow, 'job_id' | 'job_name'>,
  shared: readonly string[],
): JobTexts {
  const parts = [searchedText([job_id, job_name])];
  for (const text of shared) {
    const last = parts.at(-1)!;
    if (last.length + text.length > ROW_LENGTH) parts.push(text);
    else parts[parts.length - 1] = `${last}\n${text}`;
  }
  return { job_id, parts };
}

/** The texts of jobs of one team as they are kept, by job id. */
export async function keptTexts(
  db: Kysely<Database>,
  engine: Engine,
  teamId: string,
  jobIds: readonly string[],
): Promise<Map<string, Row<'job_texts'>[]>> {
  const rows = await db
    .selectFrom('job_texts')
    .selectAll()
    .where('team_id', '=', teamId)
    .where(eb => isOneOf(engine, eb.ref('job_id'), jobIds))
    .execute();
  return Map.groupBy(rows, row => row.job_id);
}

export class JobTextTransactor {
  readonly #db: Kysely<Database>;
  readonly #engine: Engine;

  constructor(db: Kysely<Database>, engine: Engine) {
    this.#db = db;
    this.#engine = engine;
  }

  /** Texts of jobs that have none. */
  async insertTexts(teamId: string, texts: readonly JobTexts[]): Promise<void> {
    const rows = texts.flatMap(({ job_id, parts }) => parts.map((words, part) => ({ job_id, part, words })));
    await insertProduct(this.#db, this.#engine, 'job_texts', rows, [{ team_id: teamId, team_key: teamKey(teamId) }]);
  }

  /** In place of those that the jobs have. */
  async putTexts(teamId: string, texts: readonly JobTexts[]): Promise<void> {
    await this.deleteTexts(
      teamId,
      texts.map(({ job_id }) => job_id),
    );
    await this.insertTexts(teamId, texts);
  }

  /** Of jobs that are deleted. */
  async deleteTexts(teamId: string, jobIds: readonly string[]): Promise<void> {
    await this.#db
      .deleteFrom('job_texts')
      .where('team_id', '=', teamId)
      .where(eb => isOneOf(this.#engine, eb.ref('job_id'), jobIds))
      .execute();
  }

  /** @param titles each once, with its words. Those that are there already stay. */
  async addTitles(
    teamId: string,
    titles: readonly { readonly title: string; readonly words: string }[],
  ): Promise<void> {
    const known = 'on conflict (team_id, title) do nothing';
    await insertProduct(this.#db, this.#engine, 'step_titles', titles, [{ team_id: teamId }], known);
  }
}

/** Of the people of a job, among its words: no word that anybody can ask for. */
export const personWord = (userId: string): string => ` §${userId.replace(/[^A-Za-z0-9]/g, '').toLowerCase()}`;

/** Eight letters and digits. Two teams may have the same: whatever is found is asked for its team. */
export function teamKey(teamId: string): string {
  const known = teamKeys.get(teamId);
  if (known) return known;
  const key = hash('sha256', teamId, 'buffer').readBigUInt64BE().toString(36).padStart(8, '0').slice(-8);
  teamKeys.set(teamId, key);
  return key;
}

const teamKeys = new LRUCache<string, string>({ max: 1_000 });

/** Texts with a term have it behind a space. No character of a word is special to LIKE. */
export const termPattern = (term: Term): string => `% ${term.join(' ')}%`;

/** The ids of jobs whose texts have all words of a term, or a person; a job may come twice. */
export function indexedJobs(engine: Engine, teamId: string, query: string): RawBuilder<unknown> {
  if (engine === 'sqlite') return sql`select job_id from job_text_index where job_text_index match ${query}`;
  return sql`select t.job_id from job_texts as t where t.team_id = ${teamId} and ${postgresMatch(query)}`;
}

/** How many rows of texts match, counted up to `most`. */
export function countIndexed(engine: Engine, teamId: string, query: string, most: number): RawBuilder<number> {
  return sql`(select count(*) from (${indexedJobs(engine, teamId, query)} limit ${sql.lit(most)}) as matching)`;
}

/** The expression of the index on PostgreSQL: words with the team's key before each. */
export const postgresWords = sql`array_to_tsvector(string_to_array(
  substr(replace(replace(words, E'\\n', ''), ' ', ' ' || team_key), 2), ' '))`;

const postgresMatch = (query: string): RawBuilder<SqlBool> => sql`${postgresWords} @@ cast(${query} as tsquery)`;

/**
 * What a full-text index is asked: for all words of a term, or for people.
 * @param people ids of users
 * @param goesOn whether the last word may
 */
export function indexQuery(
  engine: Engine,
  teamId: string,
  term: Term,
  people: readonly string[],
  goesOn = true,
): string {
  const key = teamKey(teamId);
  const last = goesOn ? term.length - 1 : -1;
  const persons = people.map(id => personWord(id).trim());
  if (engine === 'sqlite') {
    const words = term.map((word, at) => `"${key}${word}"${at === last ? ' *' : ''}`).join(' AND ');
    return [`(${words})`, ...persons.map(person => `"${key}${person}"`)].join(' OR ');
  }
  const words = term.map((word, at) => `'${key}${word}'${at === last ? ':*' : ''}`).join(' & ');
  return [`(${words})`, ...persons.map(person => `'${key}${person}'`)].join(' | ');
}
