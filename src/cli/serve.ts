/** `jobwright serve`: the server in the foreground until it is told to stop. */
import { systemClock } from '../base/clock.ts';
import { uuids } from '../base/ids.ts';
import { createLogger } from '../base/logger.ts';
import { newReadablePassword } from '../base/secrets.ts';
import { environment, type Settings } from '../config/env.ts';
import { version } from '../config/version.ts';
import { firstStart } from '../engine/first-start.ts';
import { type RunningServer, startServer } from '../server/server.ts';

export async function serve(print: (text: string) => void): Promise<void> {
  const settings = environment(version);
  const logger = createLogger(settings.logLevel);
  const server = await startServer(settings.server, { logger });
  await announceFirstStart(server, settings, print);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      void server.stop();
    });
  }
  const { store } = settings.server;
  const database = store.engine === 'sqlite' ? `SQLite in ${store.file}` : 'PostgreSQL';
  const http = server.httpPort === undefined ? '' : ` and ${server.httpPort} for HTTP`;
  print(
    `Jobwright ${version} is ready on ${server.host}:${server.port}${http} (${database}), ${Math.round(process.uptime() * 1000)} ms after its start`,
  );
}

async function announceFirstStart(
  server: RunningServer,
  { firstStart: asked }: Settings,
  print: (text: string) => void,
): Promise<void> {
  const { email, teamName } = asked;
  const password = asked.password ?? newReadablePassword();
  if (!(await firstStart(server.store, systemClock.now(), uuids, { email, password, teamName }))) return;
  print(`First start: made the team "${teamName}" and its administrator. Log in with`);
  print(`  e-mail    ${email}`);
  print(`  password  ${asked.password ? 'the one in JOBWRIGHT_ADMIN_PASSWORD' : `${password}   (shown this once)`}`);
}
