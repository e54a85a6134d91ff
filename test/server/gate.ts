/** A server whose ping waits until the test lets it go on: a call that runs as long as it is needed. */
import type { ServerSettings } from '../../src/server/server.ts';
import type { TestServer } from '../support/server.ts';
import { OwnListener } from './own-listener.ts';

export interface Gate {
  readonly listener: OwnListener;
  /** Resolves when the first ping waits at the gate. */
  readonly entered: Promise<void>;
  /** Lets all pings go on, also those that come later. */
  readonly open: () => void;
}

export async function gated(server: TestServer, settings: Partial<ServerSettings> = {}): Promise<Gate> {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const ping = async (): Promise<string> => {
    entered.resolve();
    await gate.promise;
    return 'late';
  };
  const listener = await OwnListener.start(server, { AuthenticationService: { ping } }, settings);
  return { listener, entered: entered.promise, open: gate.resolve };
}
