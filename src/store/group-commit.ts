/**
 * The writes of the SQLite connection that writes, and their group commit.
 *
 * A commit flushes the disk, which takes the same time for one write as for a hundred. So the writes that arrive together share one
 * outer transaction and its flush, each in a savepoint of its own: one that is refused is undone alone. None is answered before the
 * commit: what was answered is on the disk, and a refusal that goes by what another of the group wrote is as true as that.
 * Connections that read see a group once it is committed, all of it at once.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Pen } from './pen.ts';
import type { Database } from './schema.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** A group takes nobody in any more when it has so many writes, or when the first of it has waited so long. */
const MOST_WRITES = 500;
const LONGEST_MS = 20;
/** After so many groups of one write each, only one group in as many looks whether others arrive: who writes alone does not wait for them. */
const ALONE = 8;

export class GroupCommit {
  readonly #session: SqliteSession;
  readonly #pen: Pen | undefined;
  readonly #flushed: () => void;
  readonly #begin: () => void;
  readonly #commit: () => void;
  readonly #rollback: () => void;
  readonly #save: () => void;
  readonly #undo: () => void;
  readonly #release: () => void;
  readonly #waiting: Write[] = [];
  #isAtWork = false;
  /** Groups of one write in a row. */
  #alone = 0;

  /**
   * @param flushed is called when a commit is on the disk, before anything of it is answered
   * @param pen whose turn it is among the processes that share the file
   */
  constructor(session: SqliteSession, flushed: () => void = () => {}, pen?: Pen) {
    this.#pen = pen;
    this.#session = session;
    this.#flushed = flushed;
    this.#begin = session.statement('begin immediate');
    this.#commit = session.statement('commit');
    this.#rollback = session.statement('rollback');
    this.#save = session.statement('savepoint one');
    this.#undo = session.statement('rollback to one');
    this.#release = session.statement('release one');
  }

  /** All of it or nothing. It may run twice: when something undoes a whole group, each write of it runs again by itself. */
  run<T>(fn: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(new Write({ fn, resolve: resolve as (result: unknown) => void, reject }));
      if (!this.#isAtWork) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift()) {
      await this.#pen?.take();
      try {
        await this.#group(first, MOST_WRITES);
      } finally {
        this.#pen?.give();
      }
    }
    this.#isAtWork = false;
  }

  async #group(first: Write, most: number): Promise<void> {
    const group = [first];
    try {
      this.#begin();
      const latest = performance.now() + LONGEST_MS;
      // The first needs no savepoint: when it fails, all is undone, and that is itself.
      await first.perform(this.#session);
      while (group.length < most && performance.now() < latest) {
        const next = await this.#next();
        if (!next) break;
        group.push(next);
        await this.#performSaved(next);
      }
      this.#commit();
    } catch (error) {
      if (this.#session.inTransaction) this.#rollback();
      if (group.length === 1) first.fail(error);
      else for (const write of group) await this.#group(write, 1);
      return;
    }
    this.#alone = group.length === 1 ? this.#alone + 1 : 0;
    this.#flushed();
    for (const write of group) write.answer();
  }

  /** Who waits, or else arrives with what is left of this turn of the event loop. */
  async #next(): Promise<Write | undefined> {
    if (this.#waiting.length === 0 && this.#looksRound()) await turnOfTheLoop();
    return this.#waiting.shift();
  }

  #looksRound(): boolean {
    return this.#alone < ALONE || this.#alone % ALONE === 0;
  }

  /** @throws only what has undone the whole group: a full disk, for one */
  async #performSaved(write: Write): Promise<void> {
    this.#save();
    try {
      await write.perform(this.#session);
    } catch (error) {
      if (!this.#session.inTransaction) throw error;
      this.#undo();
    }
    this.#release();
  }
}

interface Asked {
  readonly fn: (db: Transaction<Database>) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * What is to be written, and what is to be answered when that is committed. Then it lets go of both: frames of async functions that have
 * ended stay in V8's old generation for a while, and what can be reached from them, the whole call, would outlive the young one.
 */
class Write {
  #asked: Asked | undefined;
  #outcome: PromiseSettledResult<unknown> | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** @throws what the function throws, which becomes the answer as well */
  async perform(session: SqliteSession): Promise<void> {
    try {
      this.#outcome = { status: 'fulfilled', value: await session.lend(this.#asked!.fn) };
    } catch (reason) {
      this.#outcome = { status: 'rejected', reason };
      throw reason;
    }
  }

  answer(): void {
    this.#settle(this.#outcome!);
  }

  fail(reason: unknown): void {
    this.#settle({ status: 'rejected', reason });
  }

  #settle(outcome: PromiseSettledResult<unknown>): void {
    const { resolve, reject } = this.#asked!;
    this.#asked = undefined;
    this.#outcome = undefined;
    if (outcome.status === 'fulfilled') resolve(outcome.value);
    else reject(outcome.reason);
  }
}
