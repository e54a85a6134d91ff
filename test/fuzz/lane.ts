/** One connection after the other in one channel, each used for as long as the server goes on with it; logged in, or not. */
import { type Channel, channelName } from './channels.ts';
import { type Address, Connection } from './connection.ts';
import { authenticateIn, type Exchanged, exchange, WITHIN_MS } from './exchange.ts';
import type { Recording } from './findings.ts';
import { type Input, makeInput } from './inputs.ts';
import { Random, seedOf } from './random.ts';
import type { World } from './world.ts';

export interface LaneSettings {
  readonly address: Address;
  readonly world: World;
  readonly channel: Channel;
  readonly loggedIn: boolean;
  readonly seed: number;
}

/** Inputs of a connection that are kept in case it comes to a finding. */
const REMEMBERED = 8;
const tokenLost = new Set(['not-logged-in', 'invalid-token', 'token-expired']);

export class Lane {
  readonly settings: LaneSettings;
  #connection: Connection | undefined;
  #token: string | undefined;
  #sent: Input[] = [];

  constructor(settings: LaneSettings) {
    this.settings = settings;
  }

  /** @throws Error when the server cannot be reached, or does not let its administrator in */
  async turn(iteration: number): Promise<{ input: Input; exchanged: Exchanged }> {
    const { world, channel, seed } = this.settings;
    const connection = await this.#open();
    const random = new Random(seedOf(seed, iteration));
    const input = makeInput({ random, channel, token: this.#token, known: fullName => world.known(fullName) });
    this.#sent = [...this.#sent.slice(1 - REMEMBERED), input];
    const exchanged = await exchange(connection, channel, input);
    for (const { fullName, outcome } of exchanged.judged) {
      if (fullName && outcome === 'ok') world.succeeded(fullName);
      if (tokenLost.has(outcome)) this.#token = undefined;
    }
    if (!exchanged.goesOn || (this.settings.loggedIn && !this.#token)) this.close();
    return { input, exchanged };
  }

  recording(iteration: number, problems: readonly string[]): Recording {
    const { seed, channel, loggedIn, world } = this.settings;
    return {
      seed,
      iteration,
      channel: channelName(channel),
      loggedIn,
      problems,
      ids: { ...world.ids, own: this.#token ? [this.#token] : [] } as Recording['ids'],
      inputs: this.#sent,
    };
  }

  close(): void {
    this.#connection?.abort();
    this.#connection = undefined;
  }

  async #open(): Promise<Connection> {
    if (this.#connection && !this.#connection.ended) return this.#connection;
    const { address, channel, loggedIn, world } = this.settings;
    this.#sent = [];
    this.#connection = await Connection.open(address, channel);
    if (loggedIn) {
      this.#token ??= await world.logIn();
      if (!channel.transport.carriesToken) await authenticate(this.#connection, channel, this.#token);
    }
    return this.#connection;
  }
}

/**
 * Whether it was a success shows in the calls that follow: another input may have logged the token out.
 * @throws Error when there is no answer
 */
export async function authenticate(connection: Connection, channel: Channel, token: string): Promise<void> {
  await connection.send([authenticateIn(channel, token)]);
  await connection.until(() => connection.answers.length > 0 || connection.ended, WITHIN_MS);
  if (connection.answers.splice(0).length !== 1)
    throw new Error(`a call of authenticate was not answered within ${WITHIN_MS} ms`);
}
