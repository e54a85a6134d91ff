/** The server as one thing: the store, the services over it, the listener before them. */
import { type Clock, systemClock } from '../base/clock.ts';
import { type Ids, uuids } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { createHandlers } from '../services/handlers.ts';
import { openStore, type Store, type StoreSettings } from '../store/database.ts';
import { Calls } from './calls.ts';
import { Functions } from './functions.ts';
import { TcpListener } from './listener.ts';
import { Messages } from './wire/messages.ts';

export interface ServerSettings {
  readonly store: StoreSettings;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
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
}

export interface RunningServer {
  readonly store: Store;
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;

export async function startServer(settings: ServerSettings, world: World): Promise<RunningServer> {
  const { logger, clock = systemClock, ids = uuids, onStatement } = world;
  const store = await openStore(settings.store, logger, onStatement);
  try {
    const functions = new Functions(createHandlers(store, settings.version));
    const listener = new TcpListener(new Messages(functions, new Calls(store, clock, ids, logger), logger), logger);
    const { address, port } = await listener.listen(settings.host, settings.port);
    const stop = async () => {
      await listener.stop(GRACE_MS);
      await store.close();
    };
    return { store, host: address, port, stop };
  } catch (error) {
    await store.close();
    throw error;
  }
}
