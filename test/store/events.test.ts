/** The order of events: nobody who goes on behind a position misses one, whichever transaction commits first. And what is deleted. */

import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import { pino } from 'pino';
import { KEPT_MS, type Position } from '../../src/domain/cursors.ts';
import { Pruner } from '../../src/server/pruning.ts';
import type { Store, Transactor } from '../../src/store/database.ts';
import type { NewEvent } from '../../src/store/events.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { addTeam, open } from './support.ts';

const TEAM = 'team';

let database: TestDatabase;
let store: Store;

beforeEach(async () => {
  database = await freshDatabase();
  store = await open(database.settings);
  await addTeam(store, TEAM);
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const event = (name: string, at = 1): NewEvent => ({
  team_id: TEAM,
  at,
  type: 1,
  job_id: name,
  template_id: 't',
  user_id: null,
  body: '{}',
});
const add = (...names: string[]) => store.transact(tx => tx.events.add(names.map(name => event(name))));
const start = (): Promise<Position> => store.read(reader => reader.events.end(TEAM));
const after = (position: Position, limit = 1000) => store.read(reader => reader.events.after(TEAM, position, limit));

/**
 * A transaction of another database that ends while PostgreSQL tells of it counts as one of ours, and "now" is a little earlier: once
 * more, then.
 */
async function settled(): Promise<Position> {
  const position = await start();
  return (await after(position)).length === 0 ? position : settled();
}

/** Goes on behind what it has read. */
class Reading {
  readonly names: string[] = [];
  #position: Position;

  constructor(position: Position) {
    this.#position = position;
  }

  async on(limit?: number): Promise<string[]> {
    const rows = await after(this.#position, limit);
    this.#position = rows.at(-1) ?? this.#position;
    const names = rows.map(row => row.job_id!);
    this.names.push(...names);
    return names;
  }
}

describe('events are read', () => {
  test('in the order in which they were written, in portions of any size', async () => {
    const reading = new Reading(await start());
    await add('a', 'b', 'c');
    await add('d');
    for (const _ of [1, 2, 3, 4, 5]) await reading.on(1);
    expect(reading.names).toEqual(['a', 'b', 'c', 'd']);
  });

  test('from now on, whatever was before', async () => {
    await add('a');
    const reading = new Reading(await settled());
    expect(await reading.on()).toEqual([]);
    await add('b');
    expect(await reading.on()).toEqual(['b']);
  });

  test('once, though one that was written first is committed last', async () => {
    const reading = new Reading(await start());
    const { promise: gate, resolve: let_go } = Promise.withResolvers<void>();
    const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
    const slow = store.transact(async tx => {
      await tx.events.add([event('slow')]);
      hasWritten();
      await gate;
    });
    await written;
    const fast = add('fast');
    // Where writers do not wait for each other, the second has committed by now.
    await Promise.race([fast, pause(300)]);
    await reading.on();
    let_go();
    await Promise.all([slow, fast]);
    await add('last');
    await reading.on();
    expect(reading.names).toEqual(['slow', 'fast', 'last']);
  });

  test('at once, whatever is under way in another database of the same server', async () => {
    const other = await freshDatabase();
    const elsewhere = await open(other.settings);
    await addTeam(elsewhere, TEAM);
    const { promise: gate, resolve: let_go } = Promise.withResolvers<void>();
    const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
    const long = elsewhere.transact(async tx => {
      await tx.events.add([event('elsewhere')]);
      hasWritten();
      await gate;
    });
    await written;
    const reading = new Reading(await start());
    await add('here');
    expect(await reading.on()).toEqual(['here']);
    let_go();
    await long;
    await elsewhere.close();
    await other.drop();
  });

  test('of what is under way when a reader begins, all that is committed afterwards', async () => {
    const { promise: gate, resolve: let_go } = Promise.withResolvers<void>();
    const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
    const slow = store.transact(async tx => {
      await tx.events.add([event('slow')]);
      hasWritten();
      await gate;
    });
    await written;
    const reading = new Reading(await start());
    let_go();
    await slow;
    expect(await reading.on()).toEqual(['slow']);
  });

  test('without those of a transaction that failed', async () => {
    const reading = new Reading(await start());
    const failing = async (tx: Transactor) => {
      await tx.events.add([event('never')]);
      throw new Error('no');
    };
    await expect(store.transact(failing)).rejects.toThrow('no');
    await add('a');
    expect(await reading.on()).toEqual(['a']);
  });

  test('once each by many readers while many write', async () => {
    const readings = await Promise.all([1, 2, 3].map(async () => new Reading(await start())));
    let isDone = false;
    const reading = readings.map(async one => {
      while (!isDone) {
        await one.on(5);
        // Reads of SQLite wait for nothing: commits, which wait for a turn of the event loop, would never come.
        await pause(0);
      }
      while ((await one.on()).length > 0);
    });
    const names = Array.from({ length: 8 }, (_, writer) => Array.from({ length: 25 }, (_, n) => `${writer}.${n}`));
    await Promise.all(
      names.map(async own => {
        for (const name of own) await add(name);
      }),
    );
    isDone = true;
    await Promise.all(reading);
    for (const one of readings) {
      expect(one.names).toEqual(readings[0]!.names);
      expect([...one.names].sort()).toEqual(names.flat().sort());
      for (const own of names) expect(one.names.filter(name => own.includes(name))).toEqual(own);
    }
  });
});

test('which teams have news is told of many positions at once', async () => {
  const before = await start();
  await add('a');
  const { xid, event_id } = (await after(before))[0]!;
  const news = (position: Position) =>
    store.read(reader => reader.events.teamsWithNews([{ team_id: TEAM, ...position }]));
  expect(await news(before)).toEqual([TEAM]);
  expect(await news({ xid, event_id })).toEqual([]);
});

test('a position that was never reached is ahead: the database was restored', async () => {
  await add('a');
  const isAhead = (position: Position) => store.read(reader => reader.events.isAhead(TEAM, position));
  const end = await start();
  expect(await isAhead(end)).toBe(false);
  expect(await isAhead({ xid: end.xid + 1_000_000, event_id: end.event_id + 1_000_000 })).toBe(true);
});

describe('old events', () => {
  const now = KEPT_MS * 3;
  const prune = () => new Pruner(store, { now: () => now }, pino({ level: 'silent' })).prune();
  const left = async () => (await after({ xid: 0, event_id: 0 }, 10_000)).map(row => row.job_id);
  const write = (count: number, at: number, name: string) =>
    store.transact(tx => tx.events.add(Array.from({ length: count }, (_, index) => event(`${name}${index}`, at))));

  test('are deleted, many or few, and the younger ones are not', async () => {
    await write(1203, now - KEPT_MS - 2 * 60 * 60 * 1000, 'old');
    await write(3, now - KEPT_MS + 1000, 'young');
    await prune();
    expect(await left()).toEqual(['young0', 'young1', 'young2']);
  });

  test('but for the newest of all: numbers go on from it', async () => {
    const reading = new Reading(await start());
    await write(20, 1, 'old');
    await reading.on();
    await prune();
    expect(await left()).toEqual(['old19']);
    await add('next');
    expect(await reading.on()).toEqual(['next']);
  });

  test('are kept an hour longer than cursors last', async () => {
    await write(2, now - KEPT_MS - 30 * 60 * 1000, 'late');
    await prune();
    expect(await left()).toEqual(['late0', 'late1']);
  });
});

describe('no reader walks through all events', () => {
  test.each([
    ['behind a position', () => after({ xid: 0, event_id: 5 })],
    ['news', () => store.read(r => r.events.teamsWithNews([{ team_id: TEAM, xid: 0, event_id: 5 }]))],
    ['webhooks with news', () => store.read(r => r.eventWebhooks.waiting(1, 20))],
    ['messages of runs', () => store.read(r => r.events.messagesOfRuns(TEAM, ['a', 'b']))],
    ['teams with old events', () => store.read(r => r.events.teamsWithOlder(1))],
  ])('%s', async (_, ask) => {
    await add('a');
    const texts: string[] = [];
    const watched = await open(database.settings, text => texts.push(text));
    texts.length = 0;
    const asked = store;
    store = watched;
    await ask();
    store = asked;
    await watched.close();
    expect(texts).toHaveLength(1);
    expect(await planOf(texts[0]!)).not.toMatch(/SCAN (e|events|x|o)\b|Seq Scan on events/);
  });
});

/** How the engine would carry out a statement. Without data PostgreSQL would rather walk: it is told not to. */
async function planOf(text: string): Promise<string> {
  const { settings } = database;
  if (settings.engine === 'sqlite') {
    const file = new SQLite(settings.file, { readonly: true });
    const rows = file.prepare(`explain query plan ${text.replaceAll('?', "''")}`).all() as { detail: string }[];
    file.close();
    return rows.map(row => row.detail).join('\n');
  }
  const client = new pg.Client({ connectionString: settings.url });
  await client.connect();
  try {
    await client.query('set enable_seqscan = off');
    const { rows } = await client.query(`explain (generic_plan) ${text}`);
    return rows.map(row => row['QUERY PLAN']).join('\n');
  } finally {
    await client.end();
  }
}
