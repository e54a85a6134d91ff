/** A listener over a test server's store with functions of a test's own: for what no handler of ours does on purpose. */
import { pino } from 'pino';
import { uuids } from '../../src/base/ids.ts';
import { type Address, type ClientConnection, connect } from '../../src/client/connect.ts';
import { Calls } from '../../src/server/calls.ts';
import { Functions } from '../../src/server/functions.ts';
import { TcpListener } from '../../src/server/listener.ts';
import { Messages } from '../../src/server/wire/messages.ts';
import type { ServiceName } from '../../src/services/generated.ts';
import { createHandlers } from '../../src/services/handlers.ts';
import type { Handlers } from '../../src/services/surface.ts';
import type { TestServer } from '../support/server.ts';

/** By service, then by function. What is left out is served as ever. */
export type OwnFunctions = { readonly [S in ServiceName]?: Readonly<Record<string, (...args: never[]) => unknown>> };

export class OwnListener {
  readonly log: Record<string, unknown>[] = [];
  readonly #listener: TcpListener;
  address!: { host: string; port: number };

  private constructor(server: TestServer, own: OwnFunctions) {
    const logger = pino({ level: 'debug' }, { write: line => this.log.push(JSON.parse(line)) });
    const handlers = createHandlers(server.store, 'test') as unknown as Record<string, object>;
    for (const [service, functions] of Object.entries(own))
      handlers[service] = Object.assign(handlers[service]!, functions);
    const calls = new Calls(server.store, server.clock, uuids, logger);
    this.#listener = new TcpListener(
      new Messages(new Functions(handlers as unknown as Handlers), calls, logger),
      logger,
    );
  }

  static async start(server: TestServer, own: OwnFunctions): Promise<OwnListener> {
    const listener = new OwnListener(server, own);
    const { address, port } = await listener.#listener.listen('127.0.0.1', 0);
    listener.address = { host: address, port };
    return listener;
  }

  connect(options: Partial<Address> = {}): Promise<ClientConnection> {
    return connect({ ...this.address, ...options });
  }

  stop(graceMs = 0): Promise<void> {
    return this.#listener.stop(graceMs);
  }
}
