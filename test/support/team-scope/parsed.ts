/**
 * Statements as trees, by PostgreSQL's own parser. What SQLite says otherwise is put into PostgreSQL's words first; what cannot be
 * read even so is an error, so that no statement goes by unread.
 */
import { loadModule, type Node, parseSync } from 'libpg-query';
import type { Engine } from '../../../src/store/engine.ts';

await loadModule();

/** What our statements have of SQLite's grammar that PostgreSQL does not know. The texts have no literals with such words in them. */
const translations: readonly (readonly [RegExp, string])[] = [
  [/ (glob|match) /g, ' like '],
  // An order of joins that the planner has to keep.
  [/\bcross join (\S+ as \S+) on\b/g, 'join $1 on'],
  // Without a condition: every row with each of its values.
  [/(?<!cross )\bjoin json_each\b/g, 'cross join json_each'],
];

const translated = (text: string): string => {
  let parameters = 0;
  return translations
    .reduce((changed, [from, to]) => changed.replace(from, to), text)
    .replace(/\?/g, () => `$${++parameters}`);
};

/** @throws Error with the text, when it is none that the parser knows */
export function parsed(engine: Engine, text: string): Node {
  const known = engine === 'sqlite' ? translated(text) : text;
  try {
    return parseSync(known).stmts![0]!.stmt!;
  } catch (error) {
    throw new Error(`${(error as Error).message}, in: ${known}`);
  }
}
