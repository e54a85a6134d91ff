/** Runs the programs that clients are generated, built and run with. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Finished {
  readonly stdout: string;
  /** Why the command failed, if it did: beginning and end of what it wrote, or why it did not even start. */
  readonly failure: string | undefined;
}

export async function run({ program, args, env, stdin = '' }: Command, timeoutMs: number): Promise<Finished> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL' });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', text => {
      texts[stream] += text;
    });
  }
  child.stdin.on('error', () => {}).end(stdin);
  try {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
    const ended = signal ? `it was ended after ${timeoutMs / 1000} s` : `it ended with ${exitCode}`;
    const failure = [ended, ...excerpt((texts.stderr || texts.stdout).trim().split('\n'))].join('\n');
    return { stdout: texts.stdout, failure: exitCode === 0 ? undefined : failure };
  } catch (error) {
    return { stdout: '', failure: (error as Error).message };
  }
}

const excerpt = (lines: readonly string[]) =>
  lines.length <= 10 ? lines : [...lines.slice(0, 4), '…', ...lines.slice(-5)];
