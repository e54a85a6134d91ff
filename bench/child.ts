/** A process of the benchmark's own, from both sides: it says when it is ready, and ends with the process that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  end(): Promise<void>;
}

/** Starts a file of the benchmark, named from its folder. @param settings reach it as `settings()` */
export function start(file: string, settings: unknown = {}, env: NodeJS.ProcessEnv = {}): Child {
  const child = fork(new URL(file, import.meta.url), [JSON.stringify(settings)], { env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  return {
    pid: child.pid!,
    process: child,
    end: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The next message of a child. @throws Error when the child ends instead */
export async function heard<T>({ process: child }: Child): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const ended = (code: number | null) => reject(new Error(`${child.spawnargs[1]} ended with ${code}`));
  child.once('message', message => resolve(message as T));
  child.once('exit', ended);
  return promise.finally(() => child.off('exit', ended));
}

/** In the child: what it was started with. */
export const settings = <T>(): T => JSON.parse(process.argv[2]!);

/** In the child: ready, with what the parent waits for. Runs `stop` and ends when the parent is gone. */
export function ready(message: object, stop: () => unknown): void {
  process.once('disconnect', async () => {
    await stop();
    process.exit();
  });
  process.send!(message);
}
