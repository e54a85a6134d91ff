/** The table, a line per operation and number of calls in flight, and what is said below it. README.md says what the columns are. */
import { type Column, number, tableOf } from '../columns.ts';
import type { CallFigures, CallRow } from './calls.ts';

/** So many in flight are what the peers were measured with. */
const PEERS_IN_FLIGHT = 8;
const FLOOR = 20;
const MOST_IN_FLIGHT = 32;
const LONGEST_TAIL = 5;
const MOST_MEGABYTES = 200;

const reached = (row: CallRow): boolean => row.ratio >= (row.asked ?? 0);
const overPeers = ({ peers, inFlight, ours }: CallRow): number | undefined =>
  peers !== undefined && inFlight === PEERS_IN_FLIGHT ? ours.perSecond / peers : undefined;

const COLUMNS: readonly Column<CallRow>[] = [
  ['operation', -33, row => row.operation],
  ['in flight', 9, row => String(row.inFlight)],
  ['ours/s', 8, row => number(row.ours.perSecond, 0)],
  ['bare/s', 8, row => number(row.bare.perSecond, 0)],
  ['ratio', 6, row => number(row.ratio, 2)],
  ['asked', 5, row => number(row.asked, 1)],
  ['reached', 7, row => (row.asked === undefined ? '' : reached(row) ? 'yes' : 'no')],
  ['p50 ms', 7, row => number(row.ours.p50, 2)],
  ['p99 ms', 7, row => number(row.ours.p99, 2)],
  ['p99/p50', 7, row => number(row.p99OverP50, 1)],
  ['ours µs', 7, row => number(row.ours.serverMicroseconds, 0)],
  ['bare µs', 7, row => number(row.bare.serverMicroseconds, 0)],
  ['of µs', 6, row => number(row.cpuRatio, 2)],
  ['RSS MB', 6, row => number(row.megabytes, 0)],
  ['x peers', 7, row => number(overPeers(row), 1)],
];

export const { heading, lineOf } = tableOf(COLUMNS);

/** What was asked for all of it. */
export function* linesBelow({ rows, differences, idleMegabytes }: CallFigures): Generator<string> {
  const asked = rows.filter(row => row.asked !== undefined);
  yield verdict('ratio to the bare server as asked', asked, reached);
  const most = rows.filter(({ inFlight }) => inFlight === MOST_IN_FLIGHT);
  if (most.length > 0)
    yield verdict(
      `p99 under ${LONGEST_TAIL} times p50 at ${MOST_IN_FLIGHT} in flight`,
      most,
      row => row.p99OverP50 < LONGEST_TAIL,
    );
  const beside = rows.filter(row => overPeers(row) !== undefined);
  if (beside.length > 0) yield verdict(`${FLOOR} times the peers`, beside, row => overPeers(row)! >= FLOOR);
  const atMost = Math.max(...rows.map(({ megabytes }) => megabytes));
  yield `resident memory beside 10,000 jobs: ${number(idleMegabytes, 0)} MB idle, at most ${number(atMost, 0)} MB; asked: under ${MOST_MEGABYTES}`;
  for (const difference of differences) yield `WRITES DIFFER: ${difference}`;
}

function verdict(what: string, rows: readonly CallRow[], holds: (row: CallRow) => boolean): string {
  const missed = rows.filter(row => !holds(row)).map(row => `${row.operation} (${row.inFlight})`);
  return `${what}: ${rows.length - missed.length} of ${rows.length}${missed.length > 0 ? `; not ${missed.join(', ')}` : ''}`;
}
