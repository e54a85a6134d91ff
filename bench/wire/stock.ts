/**
 * The same handlers over the same data behind the Thrift library's own server: its framed transport, its protocols, its multiplexed
 * processor, the generated processors. It is spared what our wrapper does beside finding the caller: it checks no arguments and logs
 * nothing. Its server does not tell a handler its connection, so a token is bound to the process.
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import thrift from 'thrift';
import { systemClock } from '../../src/base/clock.ts';
import { uuids } from '../../src/base/ids.ts';
import { createLogger } from '../../src/base/logger.ts';
import { idl } from '../../src/server/idl.ts';
import { callerOf } from '../../src/services/authentication/caller.ts';
import type { Call, OpenCall } from '../../src/services/call.ts';
import { generated, type ServiceName } from '../../src/services/generated.ts';
import { createHandlers } from '../../src/services/handlers.ts';
import { open } from '../../src/services/surface.ts';
import { openStore } from '../../src/store/database.ts';
import { ready, settings } from '../child.ts';
import { answeringAfresh, HOST, type Ports, type ServerSettings, VERSION } from './servers.ts';

type Method = (call: Call | OpenCall, ...args: unknown[]) => Promise<unknown>;
type Processor = new (handler: unknown) => unknown;

/** What the typings lack. */
interface Stock {
  createMultiplexServer(processor: unknown, options: { transport: unknown; protocol: unknown }): Server;
  readonly MultiplexedProcessor: new () => { registerProcessor(name: string, processor: unknown): void };
}

const library = thrift as unknown as Stock;
const logger = createLogger('error');
const { file, answer } = settings<ServerSettings>();
const store = await openStore({ engine: 'sqlite', file, synchronous: 'FULL' }, logger);

let token = '';
const session: OpenCall['session'] = {
  address: 'local',
  bind: bound => {
    token = bound;
  },
  release: () => {},
  onLeaving: () => () => {},
};

async function openCall(): Promise<OpenCall> {
  return { requestId: uuids.next(), now: systemClock.now(), ids: uuids, session };
}

async function callWithCaller(): Promise<Call> {
  const call = await openCall();
  const caller = await callerOf(store, token, call.now);
  const patience = () => ({ isOver: true, until: async () => {}, end: () => {} });
  return { ...call, caller, patience, again: callWithCaller };
}

/** The processor answers with a promise's value only where a method takes exactly the arguments of the interface. */
function withArity(method: Method, makeCall: () => Promise<OpenCall>, arity: number) {
  const handle = async (...args: unknown[]) => method(await makeCall(), ...args);
  return Object.defineProperty(handle, 'length', { value: arity });
}

function stockHandler(service: ServiceName, handler: Readonly<Record<string, Method | undefined>>) {
  const openNames: readonly string[] = service in open ? open[service as keyof typeof open] : [];
  const methods = Object.entries(idl.services[service]!.functions).flatMap(
    ([
      name,
      {
        arguments: { length },
      },
    ]) => {
      const method = handler[name]?.bind(handler);
      const makeCall = openNames.includes(name) ? openCall : callWithCaller;
      return method ? [[name, withArity(method, makeCall, length)] as const] : [];
    },
  );
  return Object.fromEntries(methods);
}

const processor = new library.MultiplexedProcessor();
for (const [service, handler] of Object.entries(answeringAfresh(answer, createHandlers(store, VERSION)))) {
  const { Processor } = generated[service as ServiceName] as unknown as { Processor: Processor };
  processor.registerProcessor(service, new Processor(stockHandler(service as ServiceName, handler as never)));
}

async function listen(protocol: unknown): Promise<number> {
  const server = library.createMultiplexServer(processor, { transport: thrift.TFramedTransport, protocol });
  server.on('error', error => logger.error({ err: error }, 'the stock server'));
  server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const ports: Ports = { binary: await listen(thrift.TBinaryProtocol), compact: await listen(thrift.TCompactProtocol) };
ready(ports, () => store.close());
