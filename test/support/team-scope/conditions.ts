/** What a condition says of the teams of the tables that it is about. */
import type { Node, SelectStmt } from 'libpg-query';

/** A column as a statement names it; without a table where it says the column alone. */
export interface ColumnNamed {
  readonly table?: string;
  readonly column: string;
}

/** `team_id` of a table equals a value that is given (`many`: one of several), or a column of another source. */
export interface Tie {
  readonly of: ColumnNamed;
  readonly to: 'one' | 'many' | ColumnNamed;
}

const TEAM = 'team_id';

/** What holds of every row for which the condition is true: of what is joined by `or`, what holds whichever is true. */
export function tiesIn(condition: Node | undefined): Tie[] {
  if (!condition) return [];
  if ('BoolExpr' in condition) {
    const { boolop, args = [] } = condition.BoolExpr;
    const parts = args.map(tiesIn);
    if (boolop === 'AND_EXPR') return parts.flat();
    return boolop === 'OR_EXPR' ? inEach(parts) : [];
  }
  if ('A_Expr' in condition) return tiesOfOperator(condition.A_Expr);
  if ('SubLink' in condition) return tiesOfSubquery(condition.SubLink);
  // Tells SQLite's planner how many rows to expect.
  if ('FuncCall' in condition && nameOf(condition.FuncCall.funcname) === 'likelihood')
    return tiesIn(condition.FuncCall.args![0]);
  return [];
}

const key = ({ table, column }: ColumnNamed): string => `${table ?? ''}.${column}`;

/** Two values that are each given are one of several; what hangs on another table in one of them only is not said of all. */
function inEach([first = [], ...others]: Tie[][]): Tie[] {
  const isGiven = (tie: Tie) => typeof tie.to === 'string';
  return first
    .filter(tie => isGiven(tie) && others.every(ties => ties.some(it => isGiven(it) && key(it.of) === key(tie.of))))
    .map(({ of }) => ({ of, to: 'many' }));
}

type Operator = Extract<Node, { A_Expr: unknown }>['A_Expr'];

function tiesOfOperator({ kind, name, lexpr, rexpr }: Operator): Tie[] {
  if (nameOf(name) !== '=') return [];
  if (kind === 'AEXPR_OP') {
    const [left, right] = [itemsOf(lexpr), itemsOf(rexpr)];
    return left.flatMap((item, at) => [...tie(item, right[at]), ...tie(right[at], item)]);
  }
  if (kind === 'AEXPR_OP_ANY') return isGiven(rexpr) ? teamsAmong(lexpr, 'many') : [];
  if (kind === 'AEXPR_IN') return isGiven(rexpr) ? teamsAmong(lexpr, 'many') : [];
  return [];
}

function tie(of: Node | undefined, to: Node | undefined): Tie[] {
  const column = columnOf(of);
  if (column?.column !== TEAM || !to) return [];
  const other = columnOf(to);
  if (other) return [{ of: column, to: other }];
  return isGiven(to) ? [{ of: column, to: 'one' }] : [];
}

const teamsAmong = (node: Node | undefined, to: 'one' | 'many'): Tie[] =>
  itemsOf(node).flatMap(item => {
    const of = columnOf(item);
    return of?.column === TEAM ? [{ of, to }] : [];
  });

type Subquery = Extract<Node, { SubLink: unknown }>['SubLink'];

/**
 * `team_id in (select …)`: the subquery gives what was given to it, or a `team_id`. Whether its own tables are of those teams is looked
 * at by itself.
 */
function tiesOfSubquery({ subLinkType, testexpr, subselect }: Subquery): Tie[] {
  if (subLinkType !== 'ANY_SUBLINK' || !subselect || !('SelectStmt' in subselect)) return [];
  const query = subselect.SelectStmt;
  return itemsOf(testexpr).flatMap((item, at): Tie[] => {
    const of = columnOf(item);
    return of?.column === TEAM && givesTeams(query, at) ? [{ of, to: 'many' }] : [];
  });
}

function givesTeams({ targetList = [], fromClause = [], valuesLists }: SelectStmt, at: number): boolean {
  if (valuesLists) return isGiven(valuesLists);
  const target = targetList[at];
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!value) return false;
  return columnOf(value)?.column === TEAM || (isGiven(fromClause) && fromClause.every(from => 'RangeFunction' in from));
}

/** Of a row, its items; of anything else, itself. */
const itemsOf = (node: Node | undefined): Node[] =>
  node && 'RowExpr' in node ? (node.RowExpr.args ?? []) : node ? [node] : [];

/** The last part of a name that may have several. */
const nameOf = (names: readonly Node[] | undefined): string => {
  const last = names?.at(-1);
  return last && 'String' in last ? (last.String.sval ?? '') : '';
};

function columnOf(node: Node | undefined): ColumnNamed | undefined {
  if (node && 'TypeCast' in node) return columnOf(node.TypeCast.arg);
  if (!node || !('ColumnRef' in node)) return undefined;
  const { fields = [] } = node.ColumnRef;
  const column = nameOf(fields);
  return fields.length > 1 ? { table: nameOf(fields.slice(0, -1)), column } : { column };
}

/** Made of parameters and constants alone. */
const isGiven = (node: unknown): boolean =>
  Array.isArray(node) || (typeof node === 'object' && node !== null)
    ? Object.entries(node).every(([name, value]) => !['ColumnRef', 'SubLink'].includes(name) && isGiven(value))
    : true;
