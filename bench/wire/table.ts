/** The table, a line per row. README.md says what the columns are. */
import { type Column, number, tableOf } from '../columns.ts';
import { type Figures, type Row, SERVERS } from './compare.ts';

const milliseconds = ({ p50, p99 }: Figures): string =>
  p50 === undefined ? '' : `${number(p50, 2)} ${number(p99, 2)}`;

const COLUMNS: readonly Column<Row>[] = [
  ['call', -16, row => row.name],
  ['protocol', -8, row => row.protocol],
  ['flight', 6, row => `${row.connections} x ${row.inFlight}`],
  ['bytes', 6, row => String(row.replyBytes)],
  ...SERVERS.map((server): Column<Row> => [`${server}/s`, 10, row => number(row.figures[server].perSecond, 0)]),
  ['to stock', 9, row => number(row.ratios.oursToStock, 2)],
  ['constant', 8, row => number(row.ratios.oursToConstant, 2)],
  ...SERVERS.map(
    (server): Column<Row> => [`${server} µs`, 11, row => number(row.figures[server].cpuMicrosecondsPerCall, 1)],
  ),
  ['of stock', 9, row => number(row.ratios.stockCpuToOurs, 2)],
  ['ours p50 p99', 13, row => milliseconds(row.figures.ours)],
  ['stock p50 p99', 13, row => milliseconds(row.figures.stock)],
];

export const { heading, lineOf } = tableOf(COLUMNS);
