/** A server in a process of its own, over a database of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param data the folder that takes the database */
export async function startServer(data: string, password: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'serve'], {
    env: {
      ...process.env,
      JOBWRIGHT_HOST: '127.0.0.1',
      JOBWRIGHT_PORT: '0',
      JOBWRIGHT_HTTP_PORT: 'none',
      JOBWRIGHT_DATA: data,
      JOBWRIGHT_DATABASE_URL: '',
      JOBWRIGHT_LOG_LEVEL: 'error',
      JOBWRIGHT_ADMIN_EMAIL: 'admin@localhost',
      JOBWRIGHT_ADMIN_PASSWORD: password,
      JOBWRIGHT_TEAM: 'First team',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /is ready on .*?:(\d+) /.exec(line)?.[1];
    if (!port) continue;
    child.stdout.resume();
    return {
      port: Number(port),
      stop: async () => {
        child.kill('SIGTERM');
        await closed;
      },
    };
  }
  throw new Error('the server ended before it was ready');
}
