/**
 * Whether a statement says of every table of teams whose rows it means. Each query, each subquery and each branch of a union answers
 * for its own tables:
 *
 *   - rows that are found: `team_id` equals a parameter, or is among parameters, or equals the `team_id` of another table of which this
 *     is so, in what must hold of every row (`or` counts where all of its sides say so);
 *   - rows that are written: `team_id` is among the columns of an insert, and no update changes it;
 *   - tables of one query that may be of several teams at once are joined by `team_id` with each other, and their rows are not locked;
 *   - tables that docs/citus.sql distributes are in no statement with tables that it leaves on the coordinator.
 *
 * That is what a distributed database needs in order to answer where the rows of the team are. It has to see the team as a parameter:
 * that a table is joined with rows that were given, `team_id` among their columns, is enough on SQLite alone, which has no shards.
 */
import type { InsertStmt, Node, RangeVar, SelectStmt, UpdateStmt } from 'libpg-query';
import type { Engine } from '../../../src/store/engine.ts';
import { tables } from '../../../src/store/schema.ts';
import { type ColumnNamed, type Tie, tiesIn } from './conditions.ts';
import { parsed } from './parsed.ts';
import { placeOf } from './placement.ts';

const TEAM = 'team_id';
const isOfTeam = (table: string | undefined): boolean => TEAM in (tables[table as keyof typeof tables] ?? {});

/** What a query takes rows from: a table, a query (in its place, or by its name), or rows that were given as parameters. */
interface Source {
  readonly name: string;
  readonly kind: 'table' | 'query' | 'given';
  /** Of a table: what it is called where no alias hides it. */
  readonly table?: string;
}

/** What a query sees of the statement around it. */
interface Around {
  readonly engine: Engine;
  /** Names that stand for queries. */
  readonly named: ReadonlySet<string>;
  readonly sources: readonly Source[];
}

/** What a query takes rows from, and what it says of them. */
interface From {
  readonly sources: readonly Source[];
  readonly ties: readonly Tie[];
}

/** @returns what is wrong with the statement, one sentence for each table; none when it keeps to its teams */
export function faultsOf(engine: Engine, text: string): string[] {
  const statement = parsed(engine, text);
  try {
    const faults = faultsIn(statement, { engine, named: new Set(), sources: [] });
    return [...new Set([...faults, ...mixed([...tablesIn(statement)])])];
  } catch (error) {
    throw new Error(`${(error as Error).message}, in: ${text}`);
  }
}

/** @returns the names of the tables of teams that the statement touches */
export const teamTablesOf = (engine: Engine, text: string): string[] =>
  [...tablesIn(parsed(engine, text))].filter(isOfTeam).sort();

function tablesIn(node: unknown, found = new Set<string>()): Set<string> {
  if (typeof node !== 'object' || node === null) return found;
  const { relname } = node as RangeVar;
  if (relname !== undefined) found.add(relname);
  for (const part of Object.values(node)) tablesIn(part, found);
  return found;
}

function mixed(names: readonly string[]): string[] {
  const [local] = names.filter(name => placeOf(name) === 'local');
  const [distributed] = names.filter(name => placeOf(name) === 'distributed');
  return local && distributed ? [`${local}, on the coordinator, and ${distributed} are in one statement`] : [];
}

/** Of every query within. */
function faultsIn(node: unknown, around: Around): string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(part => faultsIn(part, around));
  const statement = node as Node;
  if ('SelectStmt' in statement) return faultsOfSelect(statement.SelectStmt, around);
  if ('InsertStmt' in statement) return faultsOfInsert(statement.InsertStmt, around);
  if ('UpdateStmt' in statement) return faultsOfUpdate(statement.UpdateStmt, around);
  if ('DeleteStmt' in statement) {
    const { relation, usingClause = [], whereClause } = statement.DeleteStmt;
    return faultsOfQuery(statement.DeleteStmt, [{ RangeVar: relation! }, ...usingClause], whereClause, around);
  }
  if ('LockStmt' in statement) return faultsOfLock(statement.LockStmt.relations);
  return Object.values(node).flatMap(part => faultsIn(part, around));
}

const faultsOfLock = (relations: readonly Node[] = []): string[] =>
  relations.flatMap(item =>
    'RangeVar' in item && isOfTeam(item.RangeVar.relname) ? [`${item.RangeVar.relname} is locked for all teams`] : [],
  );

function faultsOfSelect(select: SelectStmt, around: Around): string[] {
  const { larg, rarg, fromClause = [], whereClause } = select;
  if (!larg || !rarg) return faultsOfQuery(select, fromClause, whereClause, around);
  const inner = { ...around, named: withNamed(select, around.named) };
  const { larg: _left, rarg: _right, ...rest } = select;
  return [...faultsOfSelect(larg, inner), ...faultsOfSelect(rarg, inner), ...faultsIn(Object.values(rest), inner)];
}

function faultsOfInsert(insert: InsertStmt, around: Around): string[] {
  const { relation, cols = [], onConflictClause } = insert;
  const table = relation!.relname!;
  const names = cols.map(column => ('ResTarget' in column ? column.ResTarget.name : undefined));
  const faults = isOfTeam(table) && !names.includes(TEAM) ? [`an insert into ${table} does not name ${TEAM}`] : [];
  const target = onConflictClause?.infer?.indexElems;
  const conflicting = target?.map(column => ('IndexElem' in column ? column.IndexElem.name : undefined));
  if (isOfTeam(table) && conflicting && !conflicting.includes(TEAM))
    faults.push(`the conflict of an insert into ${table} is not one of the team`);
  const inner = { ...around, named: withNamed(insert, around.named) };
  return [...faults, ...changesTeam(table, onConflictClause?.targetList), ...faultsIn(Object.values(insert), inner)];
}

function faultsOfUpdate(update: UpdateStmt, around: Around): string[] {
  const { relation, targetList, fromClause = [], whereClause } = update;
  return [
    ...changesTeam(relation!.relname!, targetList),
    ...faultsOfQuery(update, [{ RangeVar: relation! }, ...fromClause], whereClause, around),
  ];
}

const changesTeam = (table: string, targets: readonly Node[] = []): string[] =>
  isOfTeam(table) && targets.some(target => 'ResTarget' in target && target.ResTarget.name === TEAM)
    ? [`an update changes ${TEAM} of ${table}`]
    : [];

type WithQueries = Pick<SelectStmt, 'withClause'>;

const withNamed = ({ withClause }: WithQueries, named: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([
    ...named,
    ...(withClause?.ctes ?? []).map(cte => ('CommonTableExpr' in cte ? cte.CommonTableExpr.ctename! : '')),
  ]);

function faultsOfQuery(query: WithQueries, from: readonly Node[], where: Node | undefined, around: Around): string[] {
  const named = withNamed(query, around.named);
  const joined = from.map(item => fromOf(item, named));
  const sources = joined.flatMap(each => each.sources);
  const ties = [...joined.flatMap(each => each.ties), ...tiesIn(where)];
  const locks = 'lockingClause' in query && ties.some(({ to }) => to === 'many');
  const locked = locks ? sources.filter(({ table }) => table !== undefined && placeOf(table) === 'distributed') : [];
  const inner = { ...around, named, sources: [...sources, ...around.sources] };
  return [
    ...faultsOfTables({ sources, ties }, around),
    ...locked.map(source => `rows of ${called(source)} are locked, and there may be several teams`),
    ...faultsIn(Object.values(query), inner),
  ];
}

/** What is taken from, and what the conditions of joins say. */
function fromOf(item: Node, named: ReadonlySet<string>): From {
  if ('RangeVar' in item) {
    const table = item.RangeVar.relname!;
    const name = item.RangeVar.alias?.aliasname ?? table;
    return { sources: [named.has(table) ? { name, kind: 'query' } : { name, kind: 'table', table }], ties: [] };
  }
  if ('RangeFunction' in item)
    return { sources: [{ name: item.RangeFunction.alias?.aliasname ?? '', kind: 'given' }], ties: [] };
  if ('RangeSubselect' in item) {
    const { alias, subquery } = item.RangeSubselect;
    const { valuesLists, fromClause = [] } = subquery && 'SelectStmt' in subquery ? subquery.SelectStmt : {};
    const ofFunctions = fromClause.length > 0 && fromClause.every(source => 'RangeFunction' in source);
    const isGiven = valuesLists !== undefined || ofFunctions;
    return { sources: [{ name: alias!.aliasname!, kind: isGiven ? 'given' : 'query' }], ties: [] };
  }
  if (!('JoinExpr' in item)) throw new Error(`tables of an unknown kind: ${Object.keys(item)}`);
  const { jointype, larg, rarg, quals, usingClause = [] } = item.JoinExpr;
  const usesTeam = usingClause.some(column => 'String' in column && column.String.sval === TEAM);
  if (usesTeam || !['JOIN_INNER', 'JOIN_LEFT'].includes(jointype!)) throw new Error('a join of an unknown kind');
  const [left, right] = [fromOf(larg!, named), fromOf(rarg!, named)];
  const sources = [...left.sources, ...right.sources];
  // What a left join says holds of its right side alone.
  const bound = jointype === 'JOIN_LEFT' ? right.sources : sources;
  const own = tiesIn(quals).filter(({ of }) => bound.includes(sourceOf(of, sources)!));
  return { sources, ties: [...left.ties, ...right.ties, ...own] };
}

/** The source of a column. */
function sourceOf({ table, column }: ColumnNamed, sources: readonly Source[]): Source | undefined {
  if (table !== undefined) return sources.find(({ name }) => name === table);
  if (column !== TEAM) return undefined;
  const having = sources.filter(source => isOfTeam(source.table));
  if (having.length > 1) throw new Error(`${TEAM} may be of ${having.map(({ name }) => name).join(' or ')}`);
  return having[0] ?? sources.find(source => source.kind !== 'table');
}

/** `to`: given, or a column of this source. */
interface End {
  readonly of: Source | undefined;
  readonly to: 'one' | 'many' | { readonly source: Source | undefined; readonly column: string };
}

function faultsOfTables({ sources, ties }: From, around: Around): string[] {
  const seen = [...sources, ...around.sources];
  const ends = ties.map(
    ({ of, to }): End => ({
      of: sourceOf(of, sources),
      to: typeof to === 'string' ? to : { source: sourceOf(to, sources) ?? sourceOf(to, seen), column: to.column },
    }),
  );
  const ofTeams = sources.filter(({ table }) => isOfTeam(table));
  // Queries, and what is around this one, answer for themselves.
  const bound = grown(
    seen.filter(source => !sources.includes(source) || source.kind === 'query').filter(it => counts(it, around.engine)),
    ends,
    (known, { to }) =>
      typeof to === 'string' ||
      (isTeamOf(to) && (known.has(to.source!) || (to.source!.kind === 'given' && counts(to.source!, around.engine)))),
  );
  const lost = ofTeams.filter(source => !bound.has(source));
  if (lost.length > 0) return lost.map(source => `nothing says of which team the rows of ${called(source)} are`);
  if (!ends.some(({ to }) => to === 'many')) return [];
  return unjoined(ofTeams, ends).map(
    source => `${called(source)} is not joined by ${TEAM}, and there may be several teams`,
  );
}

/** Whether it can say which team another source is of. */
const counts = ({ kind, table }: Source, engine: Engine): boolean =>
  kind === 'given' ? engine === 'sqlite' : kind === 'query' || isOfTeam(table);

const called = ({ name, table }: Source): string => (table === name ? name : `${table} ${name}`);

/** A column of another name may be a team in what was given; in a table or a query it is not. */
const isTeamOf = ({ source, column }: Exclude<End['to'], string>): boolean =>
  source !== undefined && (column === TEAM || source.kind === 'given');

/** `first`, and whatever `follows` says belongs to what is in it. */
function grown(first: Source[], ends: End[], follows: (known: Set<Source>, end: End) => boolean): Set<Source> {
  const known = new Set(first);
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const end of ends) if (end.of && follows(known, end)) known.add(end.of);
  }
  return known;
}

/** The tables that no chain of equal teams joins to the first. */
function unjoined(ofTeams: readonly Source[], ends: readonly End[]): Source[] {
  const both = ends.flatMap(({ of, to }) =>
    typeof to === 'string' || !of || !to.source
      ? []
      : [
          { of, to },
          { of: to.source, to: { source: of, column: TEAM } },
        ],
  );
  const together = grown(ofTeams.slice(0, 1), both, (known, { to }) => typeof to !== 'string' && known.has(to.source!));
  return ofTeams.filter(source => !together.has(source));
}
