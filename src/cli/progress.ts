/**
 * How far a command has come: a bar where a person looks at a terminal, else a plain line at each quarter, without control characters.
 */
import { Presets, SingleBar } from 'cli-progress';
import { complain, progressStream } from './output.ts';

/** The signals by which a person, a service manager and a closed terminal end a command. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Tells how far the work is, and aborts its signal when somebody ends the command: it leaves nothing half done, and the terminal as it was. */
export async function watched<T>(
  where: 'everywhere' | 'terminals alone',
  work: (line: ProgressLine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort(new Error('interrupted'));
  for (const signal of endings) process.on(signal, end);
  const line = new ProgressLine(where);
  try {
    return await work(line, ending.signal);
  } finally {
    line.end();
    for (const signal of endings) process.off(signal, end);
  }
}

export class ProgressLine {
  #stage = '';
  #quarter = 0;
  #bar: SingleBar | undefined;
  readonly #where: 'everywhere' | 'terminals alone';

  /** @param where lines are left out where the command prints one itself when a stage is over */
  constructor(where: 'everywhere' | 'terminals alone') {
    this.#where = where;
  }

  /** @param total of the stage, in whatever unit; 0 for a stage that is over at once */
  readonly report = (stage: string, done: number, total: number): void => {
    if (stage !== this.#stage) this.#begin(stage);
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (this.#bar) this.#bar.update(Math.floor(100 * share), { stage });
    else if (this.#where === 'everywhere') this.#tellQuarter(share);
  };

  /** Clears the bar: what is printed next begins a line of its own. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = '';
  }

  #begin(stage: string): void {
    this.end();
    this.#stage = stage;
    this.#quarter = 0;
    if (!progressStream.isTTY) return;
    const format = '{stage} {bar} {percentage} % {duration_formatted}';
    this.#bar = new SingleBar({ format, stream: progressStream, clearOnComplete: true }, Presets.shades_classic);
    this.#bar.start(100, 0, { stage });
  }

  #tellQuarter(share: number): void {
    const quarter = Math.floor(4 * share);
    if (quarter <= this.#quarter) return;
    this.#quarter = quarter;
    complain(`${this.#stage}: ${25 * quarter} %`);
  }
}
