/** `jobwright check`: whether everything in the database is as it must be. A line per check, and one per place where it is not. */
import { environment } from '../config/env.ts';
import { version } from '../config/version.ts';
import { checks } from '../engine/checking/checks.ts';
import type { Check, Finding, Ground } from '../store/check/finding.ts';
import { onSnapshot, runCheck } from '../store/check/snapshot.ts';
import { watched } from './progress.ts';

type Print = (text: string) => void;

/** Of each check; the others are counted. */
const FINDINGS_TOLD = 100;
const LONGEST_VALUE = 200;

/** @returns whether nothing was found. @throws Error when somebody ends it before */
export async function check(print: Print): Promise<boolean> {
  let total = 0;
  await watched('terminals alone', (line, signal) =>
    onSnapshot(environment(version).server.store, async on => {
      for (const one of checks.filter(({ on: engine }) => engine === undefined || engine === on.engine)) {
        const progress = (done: number, of: number) => {
          signal.throwIfAborted();
          line.report(one.name, done, of);
        };
        progress(0, 1);
        const { found, count } = await findingsOf(one, { ...on, progress }, signal);
        line.end();
        tellOutcome(one, found, count, print);
        total += count;
      }
    }),
  );
  print(total === 0 ? 'Everything is as it must be.' : `${counted(total)}; docs/admin.md says what to do.`);
  return total === 0;
}

/** The first of them, and how many there are. */
async function findingsOf(one: Check, on: Omit<Ground, 'tell'>, signal: AbortSignal) {
  const found: Finding[] = [];
  let count = 0;
  const tell = (finding: Finding) => {
    if (++count <= FINDINGS_TOLD) found.push(finding);
  };
  await runCheck(one, { ...on, tell }, signal);
  return { found, count };
}

function tellOutcome(one: Check, found: readonly Finding[], count: number, print: Print): void {
  print(count === 0 ? `ok     ${one.name}` : `wrong  ${one.name}: ${counted(count)}`);
  for (const finding of found) print(`       ${inWords(finding)}`);
  if (count > found.length) print(`       and ${count - found.length} more`);
}

const counted = (count: number): string => (count === 1 ? '1 finding' : `${count} findings`);

const inWords = ({ table, key, what, found, right }: Finding): string =>
  `${table}${key.length > 0 ? ` (${key.join(', ')})` : ''}: ${what} is ${shown(found)}; right would be ${shown(right)}`;

function shown(value: unknown): string {
  if (value == null) return 'nothing';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
