/**
 * Statements of which every call needs one: built and compiled once. Building one takes Kysely longer than the database takes to
 * answer it.
 */
import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Engine } from './engine.ts';
import type { Database } from './schema.ts';

/** Stands in a statement for a value that is given when it runs. */
class Given {
  readonly #name: string;
  readonly #as: (value: unknown) => unknown;

  constructor(name: string, as: (value: unknown) => unknown = value => value) {
    this.#name = name;
    this.#as = as;
  }

  in(values: Readonly<Record<string, unknown>>): unknown {
    return this.#as(values[this.#name]);
  }

  changed(as: (value: unknown) => unknown): Given {
    return new Given(this.#name, value => as(this.#as(value)));
  }
}

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
  const placeholders = Object.fromEntries(names.map(name => [name, new Given(name)])) as V;
  const compiled = new Map<Engine, CompiledQuery<R>>();
  return async (db, engine, values) => {
    let query = compiled.get(engine);
    if (!query) {
      query = build(db, engine, placeholders).compile();
      compiled.set(engine, query);
    }
    const parameters = query.parameters.map(parameter =>
      parameter instanceof Given ? parameter.in(values as Readonly<Record<string, unknown>>) : parameter,
    );
    return (await db.executeQuery<R>({ ...query, parameters })).rows;
  };
}
