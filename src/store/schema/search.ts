/** What jobs are found by when somebody searches for words (domain/search.ts says in which form). */
import { integer, optionalLong, type Tables, text } from './columns.ts';

export const searchTables = {
  /**
   * The texts of a job that are its own and seldom change. What changes with its steps is not among them: it is looked for where it
   * stands.
   */
  job_texts: {
    team_id: text,
    job_id: text,
    /** Texts that are too long for one row go on in the next, from 0. */
    part: integer,
    /** As searchedText. Owner and creator stand in it as `§` and the letters and digits of the id. */
    words: text,
    /** Stands before each word in the index: words of other teams are other words. */
    team_key: text,
    /** Of its row in SQLite's full-text index; null on PostgreSQL. */
    text_id: optionalLong,
  },

  /** The titles of steps that jobs of the team may stand at, or may have stood at. */
  step_titles: {
    team_id: text,
    title: text,
    /** As searchedText. */
    words: text,
  },
} as const satisfies Tables;
