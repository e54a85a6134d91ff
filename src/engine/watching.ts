/**
 * Who waits for events of a team hears when there are some: at once what this process has written, within a second what others have.
 * However many wait, one look per team is had, and what it found is kept a while for all of them.
 *
 * A look behind a commit of this process may come too early on PostgreSQL, where an event shows once all transactions that began
 * before its own are over: it is repeated a few times, and then left to the look that is had twice a second.
 */
import { isBehind, type Position } from '../domain/cursors.ts';
import type { Store } from '../store/database.ts';
import type { EventRow } from '../store/events.ts';

const LOOK_EVERY_MS = 500;
/** Pauses before a look is repeated that found nothing. */
const REPEATED_AFTER_MS = [10, 40, 160] as const;
/** Events kept per team, and had by one look. */
export const LOOK = 1000;
/** Of the events kept per team. */
const MOST_CHARACTERS = 4_000_000;

/** Somebody who waits. `news` resolves when there are events behind its position, and rejects when nobody can tell. */
export interface Wait {
  readonly news: Promise<void>;
  /** Waits no longer. */
  end(): void;
}

interface Waiter {
  readonly from: Position;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A team for whose events somebody waits, or has a moment ago. */
interface Watched {
  readonly teamId: string;
  /** What is kept are all events behind `from`, up to `to`. */
  from: Position;
  to: Position;
  rows: EventRow[];
  readonly waiters: Set<Waiter>;
  looking: boolean;
  again: boolean;
}

export class EventWatch {
  readonly #store: Store;
  readonly #teams = new Map<string, Watched>();
  #unhear: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unhear?.();
    this.#unhear = undefined;
    this.#teams.clear();
  }

  /** @param from behind everything that was seen */
  wait(teamId: string, from: Position): Wait {
    const { promise: news, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be listening any more when it fails.
    news.catch(() => {});
    const known = this.#teams.get(teamId);
    const watched = known ?? this.#watch(teamId, from);
    const waiter = { from, resolve, reject };
    watched.waiters.add(waiter);
    const last = watched.rows.at(-1);
    if (last && isBehind(last, from)) resolve();
    // What was committed since this one has seen everything has told nobody.
    if (!known || isBehind(known.from, from)) this.#lookFrom(watched, from);
    return { news, end: () => watched.waiters.delete(waiter) };
  }

  /** The events behind a position, LOOK at most, as far as they are kept; undefined: they must be read. */
  kept(teamId: string, position: Position): EventRow[] | undefined {
    const watched = this.#teams.get(teamId);
    if (!watched || isBehind(watched.from, position) || !isBehind(watched.to, position)) return undefined;
    return watched.rows.filter(row => isBehind(row, position));
  }

  #watch(teamId: string, from: Position): Watched {
    this.#unhear ??= this.#store.onEvents(told => this.#heard(told));
    this.#timer ??= setInterval(() => void this.#lookAround(), LOOK_EVERY_MS).unref();
    const watched = { teamId, from, to: from, rows: [], waiters: new Set<Waiter>(), looking: false, again: false };
    this.#teams.set(teamId, watched);
    return watched;
  }

  #lookFrom(watched: Watched, from: Position): void {
    watched.from = from;
    watched.to = from;
    watched.rows = [];
    void this.#look(watched);
  }

  #heard(teamId: string): void {
    const watched = this.#teams.get(teamId);
    if (watched) void this.#lookUntilFound(watched);
  }

  async #lookUntilFound(watched: Watched): Promise<void> {
    const { to } = watched;
    await this.#look(watched);
    if (this.#store.engine === 'sqlite') return;
    for (const pause of REPEATED_AFTER_MS) {
      if (watched.to !== to || !this.#teams.has(watched.teamId)) return;
      await new Promise(resolve => setTimeout(resolve, pause).unref());
      await this.#look(watched);
    }
  }

  /** One look per team at a time; what is asked for meanwhile follows it. */
  async #look(watched: Watched): Promise<void> {
    watched.again = true;
    if (watched.looking) return;
    watched.looking = true;
    try {
      while (watched.again) {
        watched.again = false;
        const { teamId, to } = watched;
        const rows = await this.#store.read(reader => reader.events.after(teamId, to, LOOK));
        // Somebody came meanwhile who stands before where it began.
        if (watched.to !== to) watched.again = true;
        else this.#found(watched, rows);
      }
    } catch (error) {
      for (const { reject } of watched.waiters) reject(error);
      watched.waiters.clear();
    } finally {
      watched.looking = false;
    }
  }

  #found(watched: Watched, rows: readonly EventRow[]): void {
    const last = rows.at(-1);
    if (!last) return;
    const all = [...watched.rows, ...rows];
    const dropped = all.length - keepable(all);
    if (dropped > 0) watched.from = all[dropped - 1]!;
    watched.rows = all.slice(dropped);
    watched.to = last;
    if (rows.length === LOOK) watched.again = true;
    for (const { from, resolve } of watched.waiters) if (isBehind(last, from)) resolve();
  }

  /** Teams for which nobody waits are forgotten; the others are asked about in one statement. */
  async #lookAround(): Promise<void> {
    for (const { teamId, waiters } of this.#teams.values()) if (waiters.size === 0) this.#teams.delete(teamId);
    if (this.#teams.size === 0) return;
    const watched = [...this.#teams.values()];
    const positions = watched.map(({ teamId, to }) => ({ team_id: teamId, xid: to.xid, event_id: to.event_id }));
    try {
      const teamIds = await this.#store.read(reader => reader.events.teamsWithNews(positions));
      for (const team of watched) if (teamIds.includes(team.teamId)) void this.#look(team);
    } catch (error) {
      for (const { waiters } of watched) {
        for (const { reject } of waiters) reject(error);
        waiters.clear();
      }
    }
  }
}

/** How many of the last events are kept. */
function keepable(rows: readonly EventRow[]): number {
  let [count, characters] = [0, 0];
  while (count < Math.min(rows.length, LOOK)) {
    characters += rows[rows.length - 1 - count]!.body.length;
    if (characters > MOST_CHARACTERS) break;
    count++;
  }
  return count;
}
