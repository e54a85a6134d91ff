/** Columns that follow from other columns of the same row by a rule of ours, which SQL does not know. */
import { sameName, searchKey, textKey } from '../../base/text.ts';
import { searchedText } from '../../domain/search.ts';
import type { Check, Ground } from '../../store/check/finding.ts';
import { keyOf, pages, type Walked } from '../../store/check/pages.ts';
import type { Row } from '../../store/schema.ts';

/** What a row must have, by column. */
type Rights<T extends Walked> = Partial<Record<keyof Row<T> & string, unknown>>;

const ROWS_PER_PAGE = 1000;

/**
 * @param columns what `rights` reads
 * @param rights what follows from them
 */
function derived<T extends Walked>(
  name: string,
  table: T,
  columns: readonly (keyof Row<T> & string)[],
  rights: (row: Row<T>) => Rights<T>,
): Check {
  return {
    name,
    run: async ground => {
      for await (const page of pages(ground, table, ROWS_PER_PAGE, columns))
        for (const row of page) tellDifferences(ground, table, row, rights(row));
    },
  };
}

/** Tells each column that is not what it must be. */
export function tellDifferences<T extends Walked>(
  { tell }: Ground,
  table: T,
  row: Partial<Row<T>>,
  rights: Rights<T>,
): void {
  for (const [what, right] of Object.entries(rights)) {
    const found = (row as Record<string, unknown>)[what];
    if (found !== right) tell({ table, key: keyOf(table, row), what, found, right });
  }
}

const named = ['tags', 'categories', 'groups', 'sheet_sets', 'sheet_definitions', 'sheets'] as const;

export const derivedChecks: readonly Check[] = [
  derived('people are found by their names', 'users', ['name', 'email', 'search_key'], ({ name, email }) => ({
    search_key: searchKey(name, email),
  })),
  ...named.map(table =>
    derived(`${table} are found by their names`, table, ['name', 'name_key'], ({ name }) => ({
      name_key: sameName(name),
    })),
  ),
  derived('documents are found by their names', 'documents', ['name', 'name_key'], ({ name }) => ({
    name_key: textKey(name),
  })),
  derived('metadata are found by their keys', 'metadata_definitions', ['key', 'compared_key'], ({ key }) => ({
    compared_key: sameName(key),
  })),
  derived('options are found by their texts', 'metadata_options', ['text', 'text_key'], ({ text }) => ({
    text_key: sameName(text),
  })),
  derived('titles of steps are found by their words', 'step_titles', ['words'], ({ title }) => ({
    words: searchedText([title]),
  })),
];
