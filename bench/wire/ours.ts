/** The server itself, as `jobwright serve` starts it. */
import { createLogger } from '../../src/base/logger.ts';
import { startServer } from '../../src/server/server.ts';
import { ready, settings } from '../child.ts';
import { answeringAfresh, HOST, type Ports, type ServerSettings, VERSION } from './servers.ts';

const { file, answer } = settings<ServerSettings>();
const server = await startServer(
  { store: { engine: 'sqlite', file, synchronous: 'FULL' }, host: HOST, port: 0, version: VERSION },
  { logger: createLogger('error'), handlers: own => answeringAfresh(answer, own) },
);
ready({ binary: server.port, compact: server.port } satisfies Ports, () => server.stop(0));
