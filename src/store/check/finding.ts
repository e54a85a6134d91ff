/** What a check is, and what it finds. */
import type { Kysely } from 'kysely';
import type { Reader } from '../aggregates.ts';
import type { Engine } from '../engine.ts';
import type { Database } from '../schema.ts';

/** One place where the database is not as it must be. */
export interface Finding {
  readonly table: string;
  /** The row's key, column by column. */
  readonly key: readonly unknown[];
  /** The column, or in words what of the row or the table. */
  readonly what: string;
  readonly found: unknown;
  /** Null and undefined: nothing. */
  readonly right: unknown;
}

/** One snapshot, and whom to tell. */
export interface Ground {
  readonly engine: Engine;
  readonly db: Kysely<Database>;
  /** Of the same snapshot. */
  readonly reader: Reader;
  readonly tell: (finding: Finding) => void;
  /** In rows, or in whatever a check goes by. */
  readonly progress: (done: number, total: number) => void;
}

export interface Check {
  /** What holds where nothing is found. */
  readonly name: string;
  /** The engine that it is for; unset, both. */
  readonly on?: Engine;
  run(ground: Ground): Promise<void>;
}
