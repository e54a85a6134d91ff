/** Two processes on one database, each of which a test can reach: two servers of one process each, or one server with two workers. */
import { type ClientConnection, connect } from '../../../src/client/connect.ts';
import { freshDatabase } from '../../support/database.ts';
import { until } from '../../support/events.ts';
import { type ServerProcess, serve } from '../../support/process.ts';
import { ADMIN } from '../../support/server.ts';

/** One of the two. */
export interface Side {
  /** A connection that this process serves. */
  connect(): Promise<ClientConnection>;
}

export interface Pair {
  readonly sides: readonly [Side, Side];
  /** Where they listen; two workers listen at one place, and connections go to them in turn. */
  readonly addresses: readonly [ServerProcess['address'], ServerProcess['address']];
  stop(): Promise<void>;
}

const settings = {
  JOBWRIGHT_ADMIN_EMAIL: ADMIN.email,
  JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password,
  JOBWRIGHT_TEAM: ADMIN.teamName,
};

/** What tests run with both. */
export const pairs: [string, () => Promise<Pair>][] = [
  ['two servers', twoServers],
  ['two workers of one server', twoWorkers],
];

async function twoServers(): Promise<Pair> {
  const database = await freshDatabase();
  const one = await serve(database.settings, settings);
  const two = await serve(database.settings, settings);
  const connections: ClientConnection[] = [];
  const side = ({ address }: ServerProcess): Side => ({
    connect: async () => kept(await connect(address), connections),
  });
  return {
    sides: [side(one), side(two)],
    addresses: [one.address, two.address],
    stop: async () => {
      await Promise.all(connections.map(connection => connection.close()));
      await Promise.all([one.end('SIGTERM'), two.end('SIGTERM')]);
      await database.drop();
    },
  };
}

export async function twoWorkers(): Promise<Pair & { readonly server: ServerProcess }> {
  const database = await freshDatabase();
  const server = await serve(database.settings, { ...settings, JOBWRIGHT_WORKERS: '2', JOBWRIGHT_LOG_LEVEL: 'debug' });
  const connections: ClientConnection[] = [];
  const side = (worker: number): Side => ({
    connect: async () => kept(await connectedTo(server, worker), connections),
  });
  return {
    sides: [side(1), side(2)],
    addresses: [server.address, server.address],
    server,
    stop: async () => {
      await Promise.all(connections.map(connection => connection.close()));
      await server.end('SIGTERM');
      await database.drop();
    },
  };
}

const kept = (connection: ClientConnection, connections: ClientConnection[]): ClientConnection => {
  connections.push(connection);
  return connection;
};

/** Connections go to the workers in turn; the log of its first call tells which one has it. One at a time. */
async function connectedTo(server: ServerProcess, worker: number): Promise<ClientConnection> {
  for (;;) {
    const connection = await connect(server.address);
    const pings = () => server.log.filter(({ call }) => /\bping$/.test(String(call)));
    const before = pings().length;
    await connection.service('AuthenticationService').ping();
    await until(() => pings().length > before);
    if (pings().at(-1)!.worker === worker) return connection;
    await connection.close();
  }
}
