/**
 * The two doors of the store: what `read` shows and refuses, that `transact` is all or nothing, when it runs again and when it gives
 * up, and that several processes can write the same database.
 */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import { sql } from 'kysely';
import { Busy, NotFound } from '../../src/base/errors.ts';
import type { Store } from '../../src/store/database.ts';
import { OvertakenByWriter } from '../../src/store/overtaken.ts';
import { engine, freshDatabase, type TestDatabase } from '../support/database.ts';
import { addTeam, db, open, team, token, user } from './support.ts';

let database: TestDatabase;
let store: Store;
/** Another server process, as far as the database can tell. */
let other: Store;

beforeAll(async () => {
  database = await freshDatabase();
  store = await open(database.settings);
  other = await open(database.settings);
  await addTeam(store, 'a');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await store.close();
  await other.close();
  await database.drop();
});

const nameIn = async (from: Store, userId: string): Promise<string | undefined> =>
  (await from.read(reader => reader.people.users([userId])))[0]?.name;

/** What a database tells when it broke a transaction off that may pass the next time. */
const transientError = (code = engine === 'sqlite' ? 'SQLITE_BUSY' : '40001'): Error =>
  engine === 'sqlite'
    ? new SQLite.SqliteError('database is locked', code)
    : Object.assign(new Error('could not serialize access'), { code });

/** The pauses between attempts are a matter of chance: here they are none. */
const withoutPauses = (): void => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
};

describe('read', () => {
  test('cannot write, whatever is tried', async () => {
    const written = store.read(reader => db(reader).insertInto('users').values(user('by-reading')).execute());
    await expect(written).rejects.toMatchObject({ code: engine === 'sqlite' ? 'SQLITE_READONLY' : '25006' });
    const dropped = store.read(reader => sql`drop table audit_events`.execute(db(reader)));
    await expect(dropped).rejects.toMatchObject({ code: engine === 'sqlite' ? 'SQLITE_READONLY' : '25006' });
    expect(await nameIn(store, 'by-reading')).toBeUndefined();
  });

  test('is one snapshot: what is committed meanwhile is seen by the next one', async () => {
    const seen = await store.read(async reader => {
      const before = await reader.people.users(['meanwhile']);
      await other.transact(tx => tx.people.insertUser(user('meanwhile')));
      return [before, await reader.people.users(['meanwhile'])];
    });
    expect(seen).toEqual([[], []]);
    expect(await nameIn(store, 'meanwhile')).toBe('meanwhile');
  });

  test('does not wait for a transaction that writes, and does not see into it', async () => {
    await store.transact(async tx => {
      await tx.people.insertUser(user('half-way'));
      expect(await nameIn(other, 'half-way')).toBeUndefined();
      expect((await tx.people.users(['half-way']))[0]?.name).toBe('half-way');
    });
    expect(await nameIn(other, 'half-way')).toBe('half-way');
  });

  test('passes on what its function returns and throws', async () => {
    expect(await store.read(async () => ({ any: 'value' }))).toEqual({ any: 'value' });
    const refusal = new NotFound('job-not-found', 'no such job');
    await expect(store.read(() => Promise.reject(refusal))).rejects.toBe(refusal);
  });

  test('runs again after a transient error of the database', async () => {
    withoutPauses();
    let runs = 0;
    const result = await store.read(async reader => {
      if (++runs < 4) throw transientError();
      return reader.people.anyUser();
    });
    expect([result, runs]).toEqual([true, 4]);
  });
});

describe('transact', () => {
  test('passes on what its function returns', async () => {
    expect(await store.transact(tx => tx.people.insertUser(user('returned')))).toBe(true);
  });

  test.each<[what: string, thrown: unknown]>([
    ['a domain error', new NotFound('job-not-found', 'no such job')],
    ['an Error', new Error('a fault')],
    ['undefined', undefined],
    ['a text', 'text'],
  ])('writes nothing of what it did before it threw %s, and passes it on', async (_what, thrown) => {
    const failed = store.transact(async tx => {
      await tx.people.insertUser(user('rolled-back'));
      await tx.people.updateTeam('a', { name: 'Rolled back' });
      throw thrown;
    });
    const outcome = await failed.then(
      () => 'passed',
      (error: unknown) => ({ error }),
    );
    expect(outcome).toEqual({ error: thrown });
    expect(await nameIn(store, 'rolled-back')).toBeUndefined();
    expect((await store.read(reader => reader.people.teams(['a'])))[0]?.name).toBe('Team a');
  });

  test('writes nothing when the database refuses one of its statements', async () => {
    const failed = store.transact(async tx => {
      await tx.people.insertUser(user('before-the-refusal'));
      await tx.people.insertTeam(team('a', 'owner-of-a'));
    });
    await expect(failed).rejects.toMatchObject({
      code: engine === 'sqlite' ? 'SQLITE_CONSTRAINT_PRIMARYKEY' : '23505',
    });
    expect(await nameIn(store, 'before-the-refusal')).toBeUndefined();
  });

  test('does not run again for errors that would come again', async () => {
    for (const error of [
      new Error('a fault'),
      transientError(engine === 'sqlite' ? 'SQLITE_CONSTRAINT_UNIQUE' : '23505'),
      transientError(engine === 'sqlite' ? 'SQLITE_FULL' : '53100'),
      new NotFound('job-not-found', 'no such job'),
    ]) {
      let runs = 0;
      const failed = store.transact(async () => {
        runs++;
        throw error;
      });
      await expect(failed).rejects.toBe(error);
      expect(runs).toBe(1);
    }
  });

  test.each([
    ['another writer came first', () => new OvertakenByWriter()],
    ...(engine === 'sqlite' ? ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT'] : ['40001', '40P01']).map(
      code => [`the database answered ${code}`, () => transientError(code)] as [string, () => Error],
    ),
  ])('runs again from the start when %s', async (_why, error) => {
    withoutPauses();
    let runs = 0;
    const number = await store.transact(async tx => {
      runs++;
      const taken = await tx.people.takeJobNumbers('a', 1);
      if (runs < 4) throw error();
      return taken;
    });
    expect(runs).toBe(4);
    // The attempts before took no number with them.
    expect(await store.transact(tx => tx.people.takeJobNumbers('a', 1))).toBe(number + 1);
  });

  test('runs again when its connection breaks before the commit, not when a disk fails; the store works on', async () => {
    withoutPauses();
    let runs = 0;
    const outcome = await store
      .transact(async tx => {
        runs++;
        await tx.people.insertUser(user('cut-off'));
        // An embedded database has no connection to lose; its disk can fail.
        if (engine === 'sqlite') throw new SQLite.SqliteError('disk I/O error', 'SQLITE_IOERR');
        if (runs === 1) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db(tx));
        return 'carried out';
      })
      .catch((error: Error) => error.message);
    expect([outcome, runs]).toEqual(engine === 'postgres' ? ['carried out', 2] : ['disk I/O error', 1]);
    expect(await nameIn(other, 'cut-off')).toBe(engine === 'postgres' ? 'cut-off' : undefined);
    expect(await store.transact(tx => tx.people.insertUser(user('after-the-cut')))).toBe(true);
    expect(await nameIn(store, 'after-the-cut')).toBe('after-the-cut');
  });

  test('gives up with Busy after a number of attempts, with nothing written', async () => {
    withoutPauses();
    let runs = 0;
    const effects: string[] = [];
    const failed = store.transact(async tx => {
      runs++;
      tx.onCommit(() => effects.push('never'));
      await tx.people.insertUser(user('too-busy'));
      throw runs % 2 ? new OvertakenByWriter() : transientError();
    });
    await expect(failed).rejects.toBeInstanceOf(Busy);
    await expect(failed).rejects.toMatchObject({ slug: 'busy', message: expect.stringMatching(/repeat it/) });
    expect(runs).toBe(40);
    expect(effects).toEqual([]);
    expect(await nameIn(store, 'too-busy')).toBeUndefined();
    // And the store works on.
    expect(await store.transact(tx => tx.people.anyUser())).toBe(true);
  });

  test('pauses between attempts, longer and longer, but never for long', async () => {
    const pauses: number[] = [];
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const real = setTimeout;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, millis: number) => {
      // PostgreSQL's connections have their limits, of ten seconds and more: they are no pauses.
      if (millis >= 10_000) return real(act, millis);
      pauses.push(millis);
      return setImmediate(act);
    }) as never);
    await expect(store.transact(() => Promise.reject(new OvertakenByWriter()))).rejects.toBeInstanceOf(Busy);
    expect(pauses.length).toBe(39);
    expect(pauses.slice(0, 8)).toEqual([...new Set(pauses.slice(0, 8))].sort((a, b) => a - b));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(200);
  });
});

describe('onCommit', () => {
  test('runs its effects once, in their order, when others can see what was written', async () => {
    const effects: string[] = [];
    let seenAtEffect: Promise<string | undefined> | undefined;
    await store.transact(async tx => {
      tx.onCommit(() => {
        seenAtEffect = nameIn(other, 'with-effects');
        effects.push('first');
      });
      await tx.people.insertUser(user('with-effects'));
      tx.onCommit(() => effects.push('second'));
      expect(effects).toEqual([]);
    });
    expect(effects).toEqual(['first', 'second']);
    expect(await seenAtEffect).toBe('with-effects');
  });

  test('runs the effects of the attempt that was committed, not of those before', async () => {
    withoutPauses();
    let runs = 0;
    const effects: number[] = [];
    await store.transact(async tx => {
      const run = ++runs;
      tx.onCommit(() => effects.push(run));
      if (run < 3) throw new OvertakenByWriter();
    });
    expect(effects).toEqual([3]);
  });

  test('runs nothing when the transaction fails', async () => {
    const effects: string[] = [];
    const failed = store.transact(async tx => {
      tx.onCommit(() => effects.push('never'));
      throw new Error('a fault');
    });
    await expect(failed).rejects.toThrow('a fault');
    expect(effects).toEqual([]);
  });

  test('runs nothing when the commit itself fails', async () => {
    const effects: string[] = [];
    const failed = store.transact(async tx => {
      tx.onCommit(() => effects.push('never'));
      // Checked at the commit, not before.
      if (engine === 'sqlite') await sql`pragma defer_foreign_keys = on`.execute(db(tx));
      else {
        await sql`alter table tokens alter constraint tokens_user_id_fkey deferrable initially deferred`.execute(
          db(tx),
        );
      }
      await tx.tokens.insertToken(token('nobody'));
    });
    await expect(failed).rejects.toMatchObject({
      code: engine === 'sqlite' ? 'SQLITE_CONSTRAINT_FOREIGNKEY' : '23503',
    });
    expect(effects).toEqual([]);
    expect(await store.read(reader => reader.tokens.callerByTokenHash('h'))).toEqual([]);
    // The connection that it failed on is as good as before.
    expect(await store.transact(tx => tx.people.insertUser(user('after-a-failed-commit')))).toBe(true);
  });
});

describe('several writers of one database', () => {
  const takeNumbers = async (from: Store, count: number): Promise<number[]> => {
    const taken: number[] = [];
    for (let i = 0; i < count; i++) taken.push(await from.transact(tx => tx.people.takeJobNumbers('shared', 1)));
    return taken;
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

  test('in one process get all they ask for, each number once', async () => {
    await addTeam(store, 'shared');
    const taken = await Promise.all([
      ...upTo(4).map(() => takeNumbers(store, 25)),
      ...upTo(4).map(() => takeNumbers(other, 25)),
    ]);
    expect(ascending(taken.flat())).toEqual(upTo(200));
  });

  test('in several processes get all they ask for, each number once', async () => {
    const program = `
      import { pino } from 'pino';
      import { openStore } from ${JSON.stringify(pathToFileURL('src/store/database.ts').href)};
      const store = await openStore(${JSON.stringify(database.settings)}, pino({ level: 'silent' }));
      const taken = [];
      for (let i = 0; i < 60; i++) taken.push(await store.transact(tx => tx.people.takeJobNumbers('a', 1)));
      await store.close();
      process.stdout.write(JSON.stringify(taken));`;
    const first = await store.transact(tx => tx.people.takeJobNumbers('a', 1));
    const run = promisify(execFile);
    const processes = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '--eval', program], { cwd: process.cwd() })),
    );
    const taken = processes.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
    expect(ascending(taken)).toEqual(upTo(180).map(number => first + number));
  });
});

test('a store that is closed refuses both doors', async () => {
  const closed = await open(database.settings);
  await closed.transact(tx => tx.people.anyUser());
  await closed.read(reader => reader.people.anyUser());
  await closed.close();
  await expect(closed.read(async reader => reader.people.anyUser())).rejects.toThrow();
  await expect(closed.transact(async tx => tx.people.anyUser())).rejects.toThrow();
});

test('every statement is heard of but the begin and the end of transactions', async () => {
  const statements: string[] = [];
  const heard = await open(database.settings, text => statements.push(text));
  statements.length = 0;
  await heard.read(reader => reader.people.anyUser());
  await heard.transact(async tx => {
    await tx.people.insertUser(user('heard'));
    await tx.people.updateTeam('a', { name: 'Team a' });
  });
  await heard.transact(() => Promise.reject(new Error('rolled back'))).catch(() => {});
  expect(statements.map(text => text.split(' ')[0])).toEqual(['select', 'insert', 'update']);
  await heard.close();
});
