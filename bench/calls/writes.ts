/** What a call writes: by that the bare server is held to the same. */
import SQLite from 'better-sqlite3';
import { openBare, routesOf } from '../bare/server.ts';
import type { BareSettings } from '../bare/settings.ts';

export interface Writes {
  /** "insert events", "update jobs": each once, sorted. */
  readonly statements: readonly string[];
  /** Rows that tables have more, "events +1". */
  readonly rows: readonly string[];
}

const WRITE = /^\s*(insert into|update|delete from)\s+"?(\w+)/i;

/** Listens to a database while one call after the other is made. */
export class Heard {
  readonly writes = new Map<string, Writes>();
  readonly #file: string;
  #db: SQLite.Database | undefined;
  #statements = new Set<string>();

  constructor(file: string) {
    this.#file = file;
  }

  statement(text: string): void {
    const [, verb, table] = WRITE.exec(text) ?? [];
    if (table) this.#statements.add(`${verb!.split(' ')[0]!.toLowerCase()} ${table}`);
  }

  async during<T>(route: string, call: () => Promise<T> | T): Promise<T> {
    const before = this.#count();
    this.#statements = new Set();
    const result = await call();
    const statements = [...this.#statements].sort();
    const after = this.#count();
    const rows = Object.keys(after).filter(table => after[table] !== before[table]);
    this.writes.set(route, { statements, rows: rows.map(table => `${table} +${after[table]! - before[table]!}`) });
    return result;
  }

  close(): void {
    this.#db?.close();
  }

  #count(): Record<string, number> {
    this.#db ??= new SQLite(this.#file, { readonly: true });
    const db = this.#db;
    const tables = db
      .prepare("select name from sqlite_master where type = 'table' and sql like 'create table%' order by name")
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.map(name => [name, db.prepare(`select count(*) from ${name}`).pluck().get() as number]),
    );
  }
}

/**
 * Makes each call of the bare server that writes once.
 * @returns where it writes something else than the server: a line each
 */
export async function differences(ours: ReadonlyMap<string, Writes>, bare: BareSettings): Promise<string[]> {
  const heard = new Heard(bare.file);
  const db = openBare(bare, text => heard.statement(text));
  const { templateId, lockedId, jobId } = bare;
  const bodies: Record<string, object> = {
    create: { title: 'Readings of a day' },
    acquireLock: { templateId },
    updateStepGroup: { templateId: lockedId, stepGroup: {} },
    publish: { templateId },
    addStep: { templateId: lockedId, step: {} },
    update: { templateId: lockedId, title: 'Readings of a night' },
    createJob: { templateId },
    startSteps: { jobId },
    finishSteps: { jobId },
  };
  try {
    const routes = routesOf(db, bare);
    for (const [route, body] of Object.entries(bodies))
      await heard.during(route, () => routes.get(route)!(body as never));
  } finally {
    heard.close();
    db.close();
  }
  const text = (writes: Writes | undefined) => [...(writes?.statements ?? []), ...(writes?.rows ?? [])].join(', ');
  return [...ours].flatMap(([route, writes]) => {
    const other = text(heard.writes.get(route));
    return text(writes) === other ? [] : [`${route}: the server does ${text(writes)}; the bare one ${other}`];
  });
}
