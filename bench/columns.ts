/** Tables of the benchmark, as text: columns by what they are called, how wide they are, and what they say of a row. */

/** @param width less than 0: the text stands at the left */
export type Column<Row> = readonly [heading: string, width: number, cell: (row: Row) => string];

export const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';

/** @returns the first line of the table, and the line of a row */
export function tableOf<Row>(columns: readonly Column<Row>[]) {
  const line = (cell: (column: Column<Row>) => string): string =>
    columns
      .map(column => {
        const width = column[1];
        return width < 0 ? cell(column).padEnd(-width) : cell(column).padStart(width);
      })
      .join(' ')
      .trimEnd();
  return {
    heading: (): string => line(([text]) => text),
    lineOf: (row: Row): string => line(([, , cell]) => cell(row)),
  };
}
