/** How a command of administrators is written down, and run: its answer is told in words, or with --json as data and nothing else. */
import { Command, Option } from 'commander';
import type { Store } from '../../store/database.ts';
import { print } from '../output.ts';
import { atDesk } from './desk.ts';

export interface AdminOptions {
  readonly json: boolean;
  readonly team?: string;
  readonly owner?: string;
  readonly name?: string;
  readonly role?: readonly string[];
  readonly password?: string;
}

/** One command. Its answer is data; `tell` puts it into lines. */
export interface AdminCommand<T = unknown> {
  /** "list [team]", as commander reads it. */
  readonly usage: string;
  readonly what: string;
  readonly options?: readonly Option[];
  readonly run: (store: Store, args: readonly string[], options: AdminOptions) => Promise<T>;
  readonly tell: (answer: T) => readonly string[];
}

/** Keeps the type of each command's answer to itself. */
export const command = <T>(written: AdminCommand<T>): AdminCommand => written as unknown as AdminCommand;

export const passwordOption = new Option(
  '--password <text>',
  'the password; better in the environment, where nobody reads it. Unset, one is made and told once',
).env('JOBWRIGHT_PASSWORD');

/** The commands about one kind of thing. */
export function noun(name: string, what: string, commands: readonly AdminCommand[]): Command {
  const group = new Command(name).description(what);
  for (const { usage, what: does, options = [], run, tell } of commands) {
    const one = group.command(usage).description(does).option('--json', 'answer with one JSON document', false);
    for (const option of options) one.addOption(option);
    one.action(async (...given: unknown[]) => {
      // Behind the arguments commander hands over the options and the command.
      const chosen = given.at(-2) as AdminOptions;
      const args = given.slice(0, -2).flat() as string[];
      const answer = await atDesk(store => run(store, args, chosen));
      if (chosen.json) print(JSON.stringify(answer, undefined, 2));
      else for (const line of tell(answer)) print(line);
    });
  }
  return group;
}

/** Rows under headings, in columns. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, index) => Math.max(heading.length, ...rows.map(row => row[index]!.length)));
  return [headings, ...rows].map(row =>
    row
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}

/** A time as people read it. */
export const time = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/, 'Z');
