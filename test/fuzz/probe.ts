/**
 * A client that behaves, beside those that do not: it pings on a connection of its own and keeps the time of every answer. It shows
 * no token, and so takes another connection before the server closes this one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, channels } from './channels.ts';
import { type Address, Connection } from './connection.ts';
import { pingIn, WITHIN_MS } from './exchange.ts';
import { judgeAnswer } from './judge.ts';

const EVERY_MS = 50;
const TICK_MS = 10;
/** Half the time that a server gives to strangers. */
const STAY_MS = 30_000;

export class Probe {
  /** Milliseconds of every ping. */
  readonly times: number[] = [];
  /** Set when a ping was not answered as it must be. */
  broken: string | undefined;
  readonly #address: Address;
  readonly #channel: Channel = channels[0]!;
  #connection: Connection;
  #openedAt = performance.now();
  #over = false;
  readonly #running: Promise<void>;
  /** How long this process was held up itself since the ping was sent. */
  #heldUp = 0;
  #lastTick = performance.now();
  readonly #ticking: NodeJS.Timeout | undefined;

  private constructor(address: Address, connection: Connection, isApart: boolean) {
    this.#address = address;
    this.#connection = connection;
    if (isApart) this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    this.#running = this.#run();
  }

  /** @param isApart whether the server is another process: then the time that this one is held up is not the server's */
  static async start(address: Address, isApart: boolean): Promise<Probe> {
    return new Probe(address, await Connection.open(address, channels[0]!), isApart);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#running;
    clearInterval(this.#ticking);
    this.#connection.abort();
  }

  quantile(q: number): number {
    return [...this.times].sort((a, b) => a - b)[Math.floor(q * (this.times.length - 1))] ?? Number.NaN;
  }

  #tick(): void {
    const now = performance.now();
    this.#heldUp += Math.max(0, now - this.#lastTick - 2 * TICK_MS);
    this.#lastTick = now;
  }

  async #reopened(): Promise<void> {
    if (performance.now() - this.#openedAt < STAY_MS) return;
    this.#connection.abort();
    this.#connection = await Connection.open(this.#address, this.#channel);
    this.#openedAt = performance.now();
  }

  async #run(): Promise<void> {
    for (let seqid = 1; !this.#over && !this.broken; seqid++) {
      await this.#reopened();
      const before = performance.now();
      this.#heldUp = 0;
      await this.#connection.send([pingIn(this.#channel, seqid)]);
      await this.#connection.until(() => this.#connection.answers.length > 0 || this.#connection.ended, WITHIN_MS);
      if (this.#ticking) this.#tick();
      this.times.push(Math.max(0, performance.now() - before - this.#heldUp));
      const answer = this.#connection.answers.shift();
      if (!answer && this.#connection.ended) this.broken = 'a connection on which all is well was ended';
      else if (!answer) this.broken = `a ping on a connection of its own was not answered within ${WITHIN_MS} ms`;
      else {
        const { problems } = judgeAnswer(this.#channel, answer, { fullName: 'AuthenticationService.ping', seqid });
        this.broken = problems[0];
      }
      await sleep(EVERY_MS);
    }
  }
}
