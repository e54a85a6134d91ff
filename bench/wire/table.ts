/** The table, a line per row. README.md says what the columns are. */
import { type Figures, type Row, SERVERS } from './compare.ts';

type Column = readonly [heading: string, width: number, cell: (row: Row) => string];

const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';
const milliseconds = ({ p50, p99 }: Figures): string =>
  p50 === undefined ? '' : `${number(p50, 2)} ${number(p99, 2)}`;

const COLUMNS: readonly Column[] = [
  ['call', -16, row => row.name],
  ['protocol', -8, row => row.protocol],
  ['flight', 6, row => `${row.connections} x ${row.inFlight}`],
  ['bytes', 6, row => String(row.replyBytes)],
  ...SERVERS.map((server): Column => [`${server}/s`, 10, row => number(row.figures[server].perSecond, 0)]),
  ['to stock', 9, row => number(row.ratios.oursToStock, 2)],
  ['constant', 8, row => number(row.ratios.oursToConstant, 2)],
  ...SERVERS.map(
    (server): Column => [`${server} µs`, 11, row => number(row.figures[server].cpuMicrosecondsPerCall, 1)],
  ),
  ['of stock', 9, row => number(row.ratios.stockCpuToOurs, 2)],
  ['ours p50 p99', 13, row => milliseconds(row.figures.ours)],
  ['stock p50 p99', 13, row => milliseconds(row.figures.stock)],
];

const line = (cell: (column: Column) => string): string =>
  COLUMNS.map(column => {
    const width = column[1];
    return width < 0 ? cell(column).padEnd(-width) : cell(column).padStart(width);
  })
    .join(' ')
    .trimEnd();

export const heading = (): string => line(([text]) => text);

export const lineOf = (row: Row): string => line(([, , cell]) => cell(row));
