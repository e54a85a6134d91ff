/** A server over a test server's database with functions of a test's own: for what no handler of ours does on purpose. */
import { pino } from 'pino';
import { type Address, type ClientConnection, connect } from '../../src/client/connect.ts';
import { type RunningServer, type ServerSettings, startServer } from '../../src/server/server.ts';
import type { ServiceName } from '../../src/services/generated.ts';
import type { Handlers } from '../../src/services/surface.ts';
import type { TestServer } from '../support/server.ts';

/** By service, then by function. What is left out is served as ever. */
export type OwnFunctions = { readonly [S in ServiceName]?: Readonly<Record<string, (...args: never[]) => unknown>> };

export class OwnListener {
  readonly log: Record<string, unknown>[] = [];
  readonly #server: RunningServer;

  private constructor(server: RunningServer, log: Record<string, unknown>[]) {
    this.#server = server;
    this.log = log;
  }

  static async start(
    server: TestServer,
    own: OwnFunctions,
    settings: Partial<ServerSettings> = {},
  ): Promise<OwnListener> {
    const log: Record<string, unknown>[] = [];
    const logger = pino({ level: 'debug' }, { write: line => log.push(JSON.parse(line)) });
    const handlers = (ours: Handlers) => {
      const theirs = ours as unknown as Record<string, object>;
      for (const [service, functions] of Object.entries(own)) Object.assign(theirs[service]!, functions);
      return ours;
    };
    const asked = { store: server.settings, host: '127.0.0.1', port: 0, version: 'test', ...settings };
    return new OwnListener(await startServer(asked, { logger, clock: server.clock, handlers }), log);
  }

  get address(): { host: string; port: number } {
    return { host: this.#server.host, port: this.#server.port };
  }

  get httpPort(): number | undefined {
    return this.#server.httpPort;
  }

  connect(options: Partial<Address> = {}): Promise<ClientConnection> {
    return connect({ ...this.address, ...options });
  }

  stop(graceMs = 0): Promise<void> {
    return this.#server.stop(graceMs);
  }
}
