/** The server as one thing: the store, the services over it, the ports before them. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Ids, uuids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { EventWatch } from '../engine/watching.ts';
import { createHandlers } from '../services/handlers.ts';
import type { Handlers } from '../services/surface.ts';
import { openStore, type Store, type StoreSettings } from '../store/database.ts';
import type { Pen } from '../store/pen.ts';
import { Calls } from './calls.ts';
import type { Shared } from './connection.ts';
import { Departures } from './departures.ts';
import { EventSender } from './event-webhooks.ts';
import { Functions } from './functions.ts';
import { HoldReleaser } from './holds.ts';
import { apiRoutes } from './http/api.ts';
import { HttpServer, type HttpSettings } from './http/door.ts';
import { fileRoutes } from './http/files.ts';
import { probeRoutes } from './http/probes.ts';
import { Sockets } from './http/sockets.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type MailSettings, SmtpMail } from './mail.ts';
import { Metrics, type OtherProcesses } from './metrics.ts';
import { AddressRules, DEFAULT_OUTBOUND, type OutboundSettings } from './outbound/addresses.ts';
import { OutboundCaller } from './outbound/caller.ts';
import { Port, type TlsSettings } from './port.ts';
import { Pruner } from './pruning.ts';
import { RunWorker } from './runs.ts';
import { WebhookSender } from './webhooks.ts';
import { Messages } from './wire/messages.ts';

export interface ServerSettings {
  readonly store: StoreSettings;
  readonly host: string;
  /** For everything: Thrift and HTTP, plain and TLS. 0 takes a free one. */
  readonly port: number;
  /** For HTTP alone. 0 takes a free one; none when absent. */
  readonly httpPort?: number;
  /** Path of a Unix socket that takes what `port` takes. */
  readonly socketPath?: string;
  readonly tls?: TlsSettings;
  readonly http?: HttpSettings;
  /** Absent: no letters leave. */
  readonly mail?: MailSettings;
  /** Whom steps and webhooks may call. Absent: everybody but those that DEFAULT_DENY names. */
  readonly outbound?: OutboundSettings;
  /** What is left out has its default. */
  readonly limits?: Partial<Limits>;
  /** What ping answers. */
  readonly version: string;
}

/** The outside world, where tests put their own. */
export interface World {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Hears the text of every statement, but for the begin and the end of transactions. */
  readonly onStatement?: (text: string) => void;
  /** Puts the writes of processes that share an SQLite file in order. */
  readonly pen?: Pen;
  /** Of the same server: `/metrics` tells of all together. */
  readonly otherProcesses?: OtherProcesses;
  /** Serves other handlers in their places. */
  readonly handlers?: (handlers: Handlers) => Handlers;
}

export interface RunningServer {
  readonly store: Store;
  readonly host: string;
  readonly port: number;
  readonly httpPort: number | undefined;
  /** @param graceMs how long running calls have to end, when not as the limits say */
  stop(graceMs?: number): Promise<void>;
}

export async function startServer(settings: ServerSettings, world: World): Promise<RunningServer> {
  const store = await openStore(settings.store, world.logger, world.onStatement, world.pen);
  try {
    return await serve(settings, world, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function serve(settings: ServerSettings, world: World, store: Store): Promise<RunningServer> {
  const parts = assemble(settings, world, store);
  const { shared } = parts;
  try {
    const place = await listen(parts.port, settings);
    const stop = async (graceMs = shared.limits.graceMs) => {
      shared.draining = true;
      if (shared.limits.drainMs > 0) await pause(shared.limits.drainMs);
      await end(parts, graceMs);
      await store.close();
    };
    return { store, ...place, stop };
  } catch (error) {
    // Of several places one may be taken: the others are given back, and what goes on without a call ends.
    await end(parts, 0);
    throw error;
  }
}

async function listen(
  port: Port,
  { host, port: main, httpPort, socketPath }: ServerSettings,
): Promise<Pick<RunningServer, 'host' | 'port' | 'httpPort'>> {
  const all = await port.listen({ host, port: main });
  const http = httpPort === undefined ? undefined : await port.listen({ host, port: httpPort }, 'http');
  if (socketPath !== undefined) await port.listen({ path: socketPath });
  return { host: all.address, port: all.port, httpPort: http?.port };
}

async function end({ calls, sockets, port, mail, workers }: Parts, graceMs: number): Promise<void> {
  calls.endWaits();
  sockets.stop();
  await port.stop(graceMs);
  calls.stop();
  await mail?.stop();
  await Promise.all(workers.map(worker => worker.stop()));
}

interface Parts {
  readonly shared: Shared;
  readonly calls: Calls;
  readonly port: Port;
  readonly mail: SmtpMail | undefined;
  readonly sockets: Sockets;
  /** What goes on without a call. */
  readonly workers: readonly { stop(): Promise<void> | void }[];
}

const NO_HTTP_SETTINGS: HttpSettings = { corsOrigins: [] };

function assemble(settings: ServerSettings, world: World, store: Store): Parts {
  const limits: Limits = { ...DEFAULT_LIMITS, ...settings.limits };
  const { logger, clock = systemClock, ids = uuids, handlers = own => own } = world;
  const mail = settings.mail && new SmtpMail(settings.mail, logger);
  const metrics = new Metrics(world.otherProcesses).withProcess();
  const watch = new EventWatch(store);
  const functions = new Functions(handlers(createHandlers(store, settings.version, limits.fileBytes, mail, watch)));
  const calls = new Calls(store, clock, ids, logger, limits, metrics);
  const messages = new Messages(functions, calls, limits, metrics, logger);
  const shared: Shared = {
    messages,
    limits,
    metrics,
    logger,
    departures: new Departures(),
    draining: false,
    stopping: false,
  };
  const routes = [
    ...apiRoutes({ messages, functions, calls, limits, metrics }),
    ...fileRoutes(store, limits.fileBytes),
    ...probeRoutes(store, shared),
  ];
  const caller = new OutboundCaller(new AddressRules(settings.outbound ?? DEFAULT_OUTBOUND));
  const sockets = new Sockets({ store, watch, calls, functions, clock, shared });
  const http = new HttpServer(routes, settings.http ?? NO_HTTP_SETTINGS, calls, shared, sockets);
  const workers = [
    watch,
    new WebhookSender(store, clock, logger, caller),
    new EventSender(store, clock, logger, caller),
    new Pruner(store, clock, logger),
    new HoldReleaser(store, clock, ids, logger),
    new RunWorker(store, clock, ids, logger, caller),
  ];
  return { shared, calls, sockets, port: new Port(shared, http, settings.tls), mail, workers };
}
