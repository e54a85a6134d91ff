/** `jobwright demo`: the whole main job once, on real procedures, on a server of its own that nothing is left of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { uuids } from '../../base/ids.ts';
import { createLogger } from '../../base/logger.ts';
import { newReadablePassword } from '../../base/secrets.ts';
import { connect } from '../../client/connect.ts';
import { version } from '../../config/version.ts';
import { firstStart } from '../../engine/first-start.ts';
import { startServer } from '../../server/server.ts';
import { tell } from './story.ts';

/** @returns whether all of it came out as it must */
export async function demo(print: (text?: string) => void): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwright-demo-'));
  const store = { engine: 'sqlite', file: join(folder, 'jobwright.db'), synchronous: 'FULL' } as const;
  const server = await startServer({ store, host: '127.0.0.1', port: 0, version }, { logger: createLogger('error') });
  try {
    const admin = { email: 'admin@example.org', password: newReadablePassword() };
    await firstStart(server.store, systemClock.now(), uuids, { ...admin, teamName: 'Maintenance' });
    print(`Jobwright ${version}, a server of its own on ${server.host}:${server.port}; times are UTC`);
    return await tell({ admin, connect: () => connect(server) }, print);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
