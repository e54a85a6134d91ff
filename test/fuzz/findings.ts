/** What went wrong, each kind of it once: told at once, and saved with all its bytes so that it can be played again. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Input } from './inputs.ts';

/** All that it takes to do it again. */
export interface Recording {
  readonly seed: number;
  readonly iteration: number;
  readonly channel: string;
  readonly loggedIn: boolean;
  readonly problems: readonly string[];
  /** The ids that the server knew then; another server's take their places. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** What the connection sent, from its beginning or nearly; the last did it. */
  readonly inputs: readonly Input[];
}

const MOST_SAVED = 20;
const SHOWN_BYTES = 200;

export class Findings {
  /** A line for every kind. */
  readonly lines: string[] = [];
  /** How often each kind came. */
  readonly #times = new Map<string, number>();
  readonly #folder: string;
  readonly #print: (line: string) => void;

  constructor(folder: string, print: (line: string) => void) {
    this.#folder = folder;
    this.#print = print;
  }

  get total(): number {
    return [...this.#times.values()].reduce((sum, times) => sum + times, 0);
  }

  add(problem: string, recording?: Recording): void {
    const kind = problem.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+|\w+Service[.:]\w+/g, '#').slice(0, 120);
    const times = (this.#times.get(kind) ?? 0) + 1;
    this.#times.set(kind, times);
    if (times > 1 || this.lines.length >= MOST_SAVED) return;
    const line = recording ? `${problem}\n${this.#saved(recording)}` : problem;
    this.lines.push(line);
    this.#print(`FOUND ${line}`);
  }

  #saved(recording: Recording): string {
    mkdirSync(this.#folder, { recursive: true });
    const file = join(this.#folder, `finding-${recording.seed}-${recording.iteration}.json`);
    writeFileSync(file, JSON.stringify(recording, asHex, 1));
    const last = recording.inputs.at(-1)!;
    const hex = Buffer.concat(last.pieces).toString('hex');
    const shown = hex.length > 2 * SHOWN_BYTES ? `${hex.slice(0, 2 * SHOWN_BYTES)}… (${hex.length / 2} bytes)` : hex;
    return [
      `  seed ${recording.seed}, iteration ${recording.iteration}, ${recording.channel}${recording.loggedIn ? ', logged in' : ''}`,
      `  ${last.kind} input of ${last.about.slice(0, 100)}: ${shown}`,
      `  again with: node test/fuzz/run.ts --replay ${file}`,
    ].join('\n');
  }
}

/** Buffers say what they are by themselves before a replacer sees them. */
function asHex(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data).toString('hex') : value;
}

export function loadRecording(file: string): Recording {
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  const inputs = recording.inputs.map(input => ({
    ...input,
    pieces: (input.pieces as unknown as string[]).map(hex => Buffer.from(hex, 'hex')),
  }));
  return { ...recording, inputs };
}
