/**
 * `jobwright serve`: the server in the foreground until it is told to stop. One process is all of it; with several, this one makes
 * the first start and looks after the workers, which are this same command, begun by it.
 */
import cluster from 'node:cluster';
import { systemClock } from '../base/clock.ts';
import { uuids } from '../base/ids.ts';
import { createLogger, type Logger } from '../base/logger.ts';
import { newReadablePassword } from '../base/secrets.ts';
import { environment, type Settings } from '../config/env.ts';
import { version } from '../config/version.ts';
import { firstStart } from '../engine/first-start.ts';
import { removeLeftSocket } from '../server/left-socket.ts';
import { FirstProcess } from '../server/processes/first-process.ts';
import type { Place } from '../server/processes/messages.ts';
import { Supervisor } from '../server/processes/supervisor.ts';
import { startServer } from '../server/server.ts';
import { openStore, type Store } from '../store/database.ts';
import { inWords } from './output.ts';

type Print = (text: string) => void;

export interface ServeOptions {
  /** How many processes serve, as text; what JOBWRIGHT_WORKERS says when absent. */
  readonly workers?: string;
}

export async function serve({ workers }: ServeOptions, print: Print): Promise<void> {
  const settings = environment(version, workers === undefined ? {} : { JOBWRIGHT_WORKERS: workers });
  const logger = createLogger(settings.logLevel);
  const isAlone = settings.workers === 1;
  if (!isAlone && cluster.isWorker) return work(settings, logger);
  const { socketPath } = settings.server;
  if (socketPath !== undefined) await removeLeftSocket(socketPath);
  const running = await (isAlone ? alone : withWorkers)(settings, logger, print);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      void running.stop();
    });
  }
  print(readiness(settings, running));
}

interface Running extends Place {
  stop(): Promise<void>;
}

async function alone(settings: Settings, logger: Logger, print: Print): Promise<Running> {
  const server = await startServer(settings.server, { logger });
  try {
    await announceFirstStart(server.store, settings, print);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  return server;
}

async function withWorkers(settings: Settings, logger: Logger, print: Print): Promise<Running> {
  const store = await openStore(settings.server.store, logger);
  try {
    await announceFirstStart(store, settings, print);
  } finally {
    await store.close();
  }
  const supervisor = new Supervisor(logger);
  const place = await supervisor.start(settings.workers);
  return { ...place, stop: () => supervisor.stop() };
}

/** One of several. What it cannot do is told by the first process, once. */
async function work(settings: Settings, logger: Logger): Promise<void> {
  const first = new FirstProcess();
  try {
    const { stop, host, port, httpPort } = await startServer(settings.server, {
      logger: logger.child({ worker: first.workerId }),
      pen: first.pen,
      otherProcesses: first.otherProcesses,
    });
    await first.ready({ host, port, httpPort });
    await first.stopAsked;
    await stop();
  } catch (error) {
    process.exitCode = 1;
    await first.failed(inWords(error));
  }
  first.leave();
}

function readiness({ server, workers }: Settings, { host, port, httpPort }: Place): string {
  const database = server.store.engine === 'sqlite' ? `SQLite in ${server.store.file}` : 'PostgreSQL';
  const http = httpPort === undefined ? '' : ` and ${httpPort} for HTTP`;
  const processes = workers === 1 ? '' : `; ${workers} workers`;
  const millis = Math.round(process.uptime() * 1000);
  return `Jobwright ${version} is ready on ${host}:${port}${http} (${database}${processes}), ${millis} ms after its start`;
}

async function announceFirstStart(store: Store, { firstStart: asked }: Settings, print: Print): Promise<void> {
  const { email, teamName } = asked;
  const password = asked.password ?? newReadablePassword();
  if (!(await firstStart(store, systemClock.now(), uuids, { email, password, teamName }))) return;
  print(`First start: made the team "${teamName}" and its administrator. Log in with`);
  print(`  e-mail    ${email}`);
  print(`  password  ${asked.password ? 'the one in JOBWRIGHT_ADMIN_PASSWORD' : `${password}   (shown this once)`}`);
}
