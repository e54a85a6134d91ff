/**
 * Step trees, content-addressed.
 *
 * A node is a step group: its own content, its leaf steps, and in the place of each group below it that group's hash. The hash
 * is the SHA-256 of the node's canonical JSON (keys sorted, nothing derived in it), so equal content is one row, shared by all
 * versions and clones of a team that contain it, an edit stores only the groups from the edited one up to the root, and nothing
 * in a stored tree can change without its root's hash changing.
 *
 * Trees in memory are never changed either: an edit makes new groups along its path and keeps the others, so saving knows by
 * identity which groups are stored already, and a tree that was read once can be shared by all who ask for it.
 */
import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { BaseStep } from '#gen/step_types';
import { sortKey } from '../base/text.ts';
import { isGroup } from '../domain/tree.ts';
import { compiledByShape, later } from './compiled.ts';
import { type Engine, rowsPerInsert } from './engine.ts';
import type { Database, Row } from './schema.ts';
import { type GroupReference, hashOf, leafText, packedNode, referenceText, unpacked } from './step-nodes.ts';

interface StoredGroup {
  readonly teamId: string;
  readonly hash: string;
  /** Bytes of JSON in the whole subtree. */
  readonly size: number;
}

/**
 * Bytes of JSON that are kept: as objects, and with what is made of it to be sent, a tree takes ten times as much. Small trees are many, are
 * read in no time, and hold up the collection of garbage when they come and go by the thousand; large ones are few, and slow to read.
 */
const KEPT_BYTES = { small: 1024 * 1024, large: 6 * 1024 * 1024 };
const LARGEST_SMALL = 100 * 1024;

/** What is known to be stored: trees by team and root hash, bounded by their size, and every group object read or saved. */
export class TreeCache {
  readonly #small = new LRUCache<string, BaseStep>({ maxSize: KEPT_BYTES.small });
  readonly #large = new LRUCache<string, BaseStep>({ maxSize: KEPT_BYTES.large });
  readonly #groups = new WeakMap<BaseStep, StoredGroup>();

  tree(teamId: string, rootHash: string): BaseStep | undefined {
    const key = `${teamId} ${rootHash}`;
    return this.#small.get(key) ?? this.#large.get(key);
  }

  /** The content of a hash is the same whatever becomes of the transaction that has it. @param size bytes of its JSON */
  keepTree(teamId: string, rootHash: string, root: BaseStep, size: number): void {
    const trees = size <= LARGEST_SMALL ? this.#small : this.#large;
    if (size <= trees.maxSize) trees.set(`${teamId} ${rootHash}`, root, { size });
  }

  group(group: BaseStep): StoredGroup | undefined {
    return this.#groups.get(group);
  }

  keepGroup(group: BaseStep, stored: StoredGroup): void {
    this.#groups.set(group, stored);
  }
}

export class TreeReader {
  protected readonly db: Kysely<Database>;
  protected readonly cache: TreeCache;
  protected readonly engine: Engine;

  /** Runs an effect on the cache once it is certain that what it tells of is committed. */
  protected readonly whenCommitted: (effect: () => void) => void;

  constructor(
    db: Kysely<Database>,
    engine: Engine,
    cache: TreeCache,
    whenCommitted = (effect: () => void) => effect(),
  ) {
    this.db = db;
    this.engine = engine;
    this.cache = cache;
    this.whenCommitted = whenCommitted;
  }

  /** Of a group that was read or saved: equal hashes, equal content, and all below them equal too. */
  hashOf(group: BaseStep): string | undefined {
    return this.cache.group(group)?.hash;
  }

  /** The tree below a root, in at most one statement. Shared by all who ask: never change it. */
  async tree(teamId: string, rootHash: string): Promise<BaseStep> {
    const trees = await this.trees(teamId, [rootHash]);
    return trees.get(rootHash)!;
  }

  /** The trees below several roots of one team, by root hash, in at most one statement. */
  async trees(teamId: string, rootHashes: readonly string[]): Promise<Map<string, BaseStep>> {
    const trees = new Map<string, BaseStep>();
    const missing: string[] = [];
    for (const hash of new Set(rootHashes)) {
      const known = this.cache.tree(teamId, hash);
      if (known) trees.set(hash, known);
      else missing.push(hash);
    }
    if (missing.length === 0) return trees;
    const bodies = new Map((await this.#nodesBelow(teamId, missing)).map(row => [row.hash, row.body]));
    for (const hash of missing) {
      const groups = new Map<BaseStep, StoredGroup>();
      const root = assemble(teamId, hash, bodies, groups);
      trees.set(hash, root);
      this.cache.keepTree(teamId, hash, root, groups.get(root)!.size);
      this.whenCommitted(() => {
        for (const [group, stored] of groups) this.cache.keepGroup(group, stored);
      });
    }
    return trees;
  }

  async #nodesBelow(
    teamId: string,
    rootHashes: readonly string[],
  ): Promise<Pick<Row<'step_nodes'>, 'hash' | 'body'>[]> {
    const [roots, groupsBelow] =
      this.engine === 'sqlite'
        ? [sql`select value from json_each(${JSON.stringify(rootHashes)})`, sql`join json_each(n.children) as below`]
        : [
            sql`select unnest(${rootHashes}::text[])`,
            sql`cross join jsonb_array_elements_text(n.children::jsonb) as below(value)`,
          ];
    const { rows } = await sql<Pick<Row<'step_nodes'>, 'hash' | 'body'>>`
      with recursive tree(hash) as (
        ${roots}
        union
        select below.value from tree join step_nodes n on n.team_id = ${teamId} and n.hash = tree.hash ${groupsBelow}
      )
      select n.hash, n.body from tree join step_nodes n on n.team_id = ${teamId} and n.hash = tree.hash`.execute(
      this.db,
    );
    return rows;
  }
}

/**
 * The group with this hash, and all below it.
 * @param groups is filled with every group on the way
 * @throws Error when a node is missing, or its content is not what its hash says
 */
function assemble(
  teamId: string,
  hash: string,
  bodies: ReadonlyMap<string, Buffer>,
  groups: Map<BaseStep, StoredGroup>,
): BaseStep {
  const body = bodies.get(hash);
  if (!body) throw new Error(`step node ${hash} of team ${teamId} is missing`);
  const json = unpacked(body);
  if (hashOf(json) !== hash)
    throw new Error(`step node ${hash} of team ${teamId} was changed: its content has another hash`);
  const node = JSON.parse(json.toString()) as BaseStep;
  let size = json.length;
  node.children = (node.children as (BaseStep | GroupReference)[]).map(child => {
    if (!('group' in child)) return child;
    const group = assemble(teamId, child.group, bodies, groups);
    size += groups.get(group)!.size;
    return group;
  });
  groups.set(node, { teamId, hash, size });
  return node;
}

const NODE_COLUMNS = 5;

type Node = Row<'step_nodes'>;

/** An edit stores a few: such inserts are compiled once for each number of them. */
const NODES_OF_AN_EDIT = 8;

async function insertNodes(db: Kysely<Database>, engine: Engine, nodes: readonly Node[]): Promise<void> {
  if (nodes.length > NODES_OF_AN_EDIT) await insertOf(db, nodes).execute();
  else await insertFew(db, engine, nodes, nodes);
}

const insertOf = (db: Kysely<Database>, nodes: readonly Node[]) =>
  db
    .insertInto('step_nodes')
    .values(nodes)
    .onConflict(conflict => conflict.doNothing());

const insertFew = compiledByShape<readonly Node[], readonly Node[], unknown>(
  nodes => [String(nodes.length)],
  (db, _engine, nodes) => insertOf(db, nodes.map(givenLater)),
);

/** Stands for the row that is the one at this place when the statement runs. */
const givenLater = (node: Node, at: number): Node =>
  Object.fromEntries(
    Object.keys(node).map(column => [column, later((nodes: readonly Node[]) => nodes[at]![column as keyof Node])]),
  ) as unknown as Node;

export class TreeTransactor extends TreeReader {
  /** Stores the groups of a tree that are not stored yet. @returns the root's hash, and the bytes of JSON of the whole tree */
  async save(teamId: string, root: BaseStep): Promise<{ hash: string; size: number }> {
    const saving = new Saving(teamId, this.cache);
    const { hash, size } = saving.encode(root);
    const perInsert = rowsPerInsert(NODE_COLUMNS);
    for (let at = 0; at < saving.rows.length; at += perInsert)
      await insertNodes(this.db, this.engine, saving.rows.slice(at, at + perInsert));
    this.cache.keepTree(teamId, hash, root, size);
    // Only what is committed may be taken for stored.
    this.whenCommitted(() => {
      for (const [group, stored] of saving.groups) this.cache.keepGroup(group, stored);
    });
    return { hash, size };
  }
}

/** One save: the rows to insert, from the leaves of the tree up, and what they will be known by. */
class Saving {
  readonly rows: Row<'step_nodes'>[] = [];
  readonly groups = new Map<BaseStep, StoredGroup>();
  readonly #teamId: string;
  readonly #cache: TreeCache;

  constructor(teamId: string, cache: TreeCache) {
    this.#teamId = teamId;
    this.#cache = cache;
  }

  encode(group: BaseStep): StoredGroup {
    const known = this.#cache.group(group);
    if (known?.teamId === this.#teamId) return known;
    let size = 0;
    const below: string[] = [];
    const children = group.children.map(child => {
      if (!isGroup(child)) return leafText(child);
      const stored = this.encode(child);
      size += stored.size;
      below.push(stored.hash);
      return referenceText(stored.hash);
    });
    const { hash, bytes, body } = packedNode(group, children);
    const stored = { teamId: this.#teamId, hash, size: size + bytes };
    this.groups.set(group, stored);
    this.rows.push({
      team_id: this.#teamId,
      hash,
      children: JSON.stringify(below),
      title_key: sortKey(group.title),
      body,
    });
    return stored;
  }
}
