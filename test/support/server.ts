/** A real server on a free port over a fresh database. Only its clock and its ids are fakes. */
import { pino } from 'pino';
import type { Clock } from '../../src/base/clock.ts';
import { uuids } from '../../src/base/ids.ts';
import { type Address, type ClientConnection, connect } from '../../src/client/connect.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { type RunningServer, type ServerSettings, startServer } from '../../src/server/server.ts';
import type { Store } from '../../src/store/database.ts';
import { engine, freshDatabase, type TestDatabase } from './database.ts';
import { isOfTest, lookingInto, straying } from './team-scope/heard.ts';

/** Runs with the real time until a test turns it forward. */
export class TestClock implements Clock {
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  forward(millis: number): void {
    this.#ahead += millis;
  }
}

/** What workers ask once a second and behind events, whatever calls there are. */
const LOOKS =
  /^select ("delivery_id" from "webhook_deliveries" where "next_at"|"run" from "job_runs" where "next_at"|"scheduled_release" from "job_holds" where "scheduled_release"|"w"\.\* from "event_webhooks" as "w")/;

export const ADMIN = { email: 'admin@example.org', password: 'administrators-password', teamName: 'Plant' } as const;

export class TestServer {
  readonly clock = new TestClock();
  /** Everything that the server logged, as the objects that pino wrote. */
  readonly log: Record<string, unknown>[] = [];
  /** The texts of the statements since `statementsOf` began, but for those by which workers look whether anything is due. */
  statements: string[] = [];
  /** Every statement since the schema was there, but those of the test itself. */
  readonly #heard = new Set<string>();
  #isUp = false;
  #hears = false;
  #own: Partial<ServerSettings> = {};
  #server!: RunningServer;
  #database!: TestDatabase;
  readonly #connections: ClientConnection[] = [];

  /**
   * @param settings beside those that every test server has
   * @param database that the server drops at its end; a fresh one when absent
   */
  static async start(settings: Partial<ServerSettings> = {}, database?: TestDatabase): Promise<TestServer> {
    const test = new TestServer();
    test.#own = settings;
    test.#database = database ?? (await freshDatabase());
    await test.#startServer();
    test.#hears = true;
    await firstStart(test.#server.store, test.clock.now(), uuids, ADMIN);
    return test;
  }

  /** To look into, past the interface. */
  get store(): Store {
    return lookingInto(this.#server.store);
  }

  get settings(): TestDatabase['settings'] {
    return this.#database.settings;
  }

  get address(): { host: string; port: number } {
    return { host: this.#server.host, port: this.#server.port };
  }

  /** A connection that ends with the server. */
  async connect(options: Partial<Address> = {}): Promise<ClientConnection> {
    const connection = await connect({ ...this.address, ...options });
    this.#connections.push(connection);
    return connection;
  }

  /** Another server on the same database, without a word in the log; stop it before this one. */
  sibling(clock: Clock = this.clock): Promise<RunningServer> {
    return startServer(
      { store: this.settings, host: '127.0.0.1', port: 0, version: 'sibling' },
      { logger: pino({ level: 'silent' }), clock },
    );
  }

  /**
   * @returns what `act` resolves to, and the statements that the server needed for it, the one that finds the caller included: no call
   * of its token came in the last seconds
   */
  statementsOf<T>(act: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
    this.clock.forward(2000);
    return this.nextStatementsOf(act);
  }

  /** As statementsOf, directly behind the call before. */
  async nextStatementsOf<T>(act: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
    this.statements = [];
    const result = await act();
    return { result, statements: this.statements };
  }

  /** Stops the server and starts another on the same database. Connections are lost. */
  async restart(): Promise<void> {
    await this.#stopServer();
    await this.#startServer();
  }

  /** @throws Error with the statements that the server made without saying of which team */
  async stop(): Promise<void> {
    await this.#stopServer();
    await this.#database.drop();
    const strays = straying(engine, this.#heard);
    if (strays.length > 0) throw new Error(`statements that do not keep to their teams:\n${strays.join('\n')}`);
  }

  async #startServer(): Promise<void> {
    const logger = pino({ level: 'debug' }, { write: line => this.log.push(JSON.parse(line)) });
    // What a server asks while it starts, migrations for one, is of no team.
    this.#isUp = false;
    this.#server = await startServer(
      { store: this.#database.settings, host: '127.0.0.1', port: 0, version: 'test', ...this.#own },
      { logger, clock: this.clock, onStatement: text => this.#hear(text) },
    );
    this.#isUp = true;
  }

  #hear(text: string): void {
    if (!LOOKS.test(text)) this.statements.push(text);
    if (this.#isUp && this.#hears && !isOfTest()) this.#heard.add(text);
  }

  async #stopServer(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map(connection => connection.close()));
    await this.#server.stop();
  }
}
