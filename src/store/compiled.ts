/**
 * Statements of which every call needs one: built and compiled once. Building one takes Kysely longer than the database takes to
 * answer it.
 */
import type { Compilable, CompiledQuery, Kysely, QueryResult, RawBuilder } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';

/** Stands in a statement for a value that is given when it runs. */
class Given {
  readonly #of: (values: never) => unknown;

  constructor(of: (values: never) => unknown) {
    this.#of = of;
  }

  in(values: object): unknown {
    return this.#of(values as never);
  }

  changed(as: (value: unknown) => unknown): Given {
    return new Given(values => as(this.#of(values)));
  }
}

/** Stands for what `of` makes of the values with which the statement runs. Only statements that are compiled here may have it. */
export const later = <V, T>(of: (values: V) => T): T => new Given(of) as T;

/** `change(value)`, now or when the value is given. */
export function changed<T, R>(value: T, change: (value: T) => R): R {
  return value instanceof Given ? (value.changed(change as (value: unknown) => unknown) as R) : change(value);
}

export type Statement<V, R> = (db: Kysely<Database>, engine: Engine, values: V) => Promise<R[]>;

/**
 * @param build makes the statement. The values that it sees only stand for the real ones: they go into the statement as they are,
 * or through `changed`
 */
export function compiledOnce<V extends object, R>(
  names: readonly (keyof V & string)[],
  build: (db: Kysely<Database>, engine: Engine, values: V) => Compilable<R>,
): Statement<V, R> {
  const compiled = new Map<Engine, CompiledQuery<R>>();
  return async (db, engine, values) => {
    const query = compiled.get(engine) ?? build(db, engine, placeholders<V>(names)).compile();
    compiled.set(engine, query);
    return (await executed(db, query, values)).rows;
  };
}

/** As `compiledOnce`, for a statement that comes with several sets of columns: compiled once for each. */
export function compiledByColumns<V extends object, R>(
  build: (db: Kysely<Database>, values: V) => Compilable<R>,
): (db: Kysely<Database>, engine: Engine, values: V) => Promise<QueryResult<R>> {
  const statement = compiledByShape<V, V, R>(Object.keys, (db, _engine, _like, values) => build(db, values));
  return (db, engine, values) => statement(db, engine, values, values);
}

/**
 * As `compiledOnce`, for a statement that comes in several shapes: compiled once for each.
 * @param shapeOf all that the statement depends on beside the engine and the values. Those of inserts are as many as our code has of
 * them; those of changes as many as there are sets of columns that can change together
 * @param build makes the statement of whatever has this shape
 */
export function compiledByShape<L, V extends object, R>(
  shapeOf: (like: L) => readonly string[],
  build: (db: Kysely<Database>, engine: Engine, like: L, values: V) => Compilable<R>,
): (db: Kysely<Database>, engine: Engine, like: L, values: V) => Promise<QueryResult<R>> {
  const compiled = { sqlite: new Shapes<R>(), postgres: new Shapes<R>() } satisfies Record<Engine, Shapes<R>>;
  return (db, engine, like, values) => {
    const query = compiled[engine].query(shapeOf(like), () =>
      build(db, engine, like, placeholders<V>(Object.keys(values) as (keyof V & string)[])),
    );
    return executed(db, query, values);
  };
}

/**
 * As `compiledOnce`, for a statement that takes lists which mostly have one value: compiled once for each of those that do and do not.
 * @param lists names of the lists; `isAmong` puts them into the statement
 */
export function compiledByCounts<L extends string, V extends Readonly<Record<L, readonly string[]>>, R>(
  lists: readonly L[],
  build: (db: Kysely<Database>, engine: Engine, like: V, values: V) => Compilable<R>,
): Statement<V, R> {
  const statement = compiledByShape<V, V, R>(
    like => lists.map(list => (like[list].length === 1 ? 'one' : 'more')),
    build,
  );
  return async (db, engine, values) => (await statement(db, engine, values, values)).rows;
}

/** Queries by their shapes, found name by name: one text of all names would be long, new each time, and garbage at once. */
class Shapes<R> {
  #query: CompiledQuery<R> | undefined;
  readonly #longer = new Map<string, Shapes<R>>();

  query(shape: readonly string[], build: () => Compilable<R>): CompiledQuery<R> {
    let found: Shapes<R> = this;
    for (const name of shape) found = found.#with(name);
    found.#query ??= build().compile();
    return found.#query;
  }

  /** Those of one name more. */
  #with(name: string): Shapes<R> {
    const known = this.#longer.get(name);
    if (known) return known;
    const longer = new Shapes<R>();
    this.#longer.set(name, longer);
    return longer;
  }
}

const placeholders = <V>(names: readonly (keyof V & string)[]): V =>
  Object.fromEntries(names.map(name => [name, later((values: V) => values[name])])) as V;

function executed<R>(db: Kysely<Database>, query: CompiledQuery<R>, values: object): Promise<QueryResult<R>> {
  const parameters = query.parameters.map(parameter => (parameter instanceof Given ? parameter.in(values) : parameter));
  return db.executeQuery<R>({ ...query, parameters });
}

/**
 * Statements whose shape callers choose: each shape is built and compiled once, as long as it is among those asked for last.
 * @param V what differs from one run to the next: it gets into a statement by `later` alone
 */
export class StatementCache<V extends object> {
  readonly #compiled: LRUCache<string, CompiledQuery>;

  constructor(kept: number) {
    this.#compiled = new LRUCache({ max: kept });
  }

  /** @param shape names all that `build` looks at, on one engine */
  async run<R>(db: Kysely<Database>, shape: string, build: () => RawBuilder<R>, values: V): Promise<R[]> {
    let query = this.#compiled.get(shape);
    if (!query) {
      query = build().compile(db);
      this.#compiled.set(shape, query);
    }
    return (await executed(db, query as CompiledQuery<R>, values)).rows;
  }
}
