/** Step trees against their hashes, and entries and heads of templates against their trees. */

import type { BaseStep } from '#gen/step_types';
import { sortKey, textKey } from '../../base/text.ts';
import { firstSteps } from '../../domain/jobs.ts';
import { leafCount } from '../../domain/tree.ts';
import type { Check, Ground } from '../../store/check/finding.ts';
import { keyOf, pages } from '../../store/check/pages.ts';
import type { Row } from '../../store/schema.ts';
import { nodeFacts } from '../../store/step-nodes.ts';
import { findableMetadata } from '../authoring.ts';
import { tellDifferences } from './derived.ts';

const NODES_PER_PAGE = 200;
const ENTRIES_PER_PAGE = 20;

type Entry = Row<'template_entries'>;

/** The content behind a hash cannot change without another hash: so what is published cannot change either. */
async function checkNodes(ground: Ground): Promise<void> {
  for await (const page of pages(ground, 'step_nodes', NODES_PER_PAGE))
    for (const row of page) {
      const facts = nodeFacts(row.body);
      if (facts) tellDifferences(ground, 'step_nodes', row, facts);
      else tellTree(ground, 'step_nodes', row, 'the body cannot be read', 'deflated JSON of a group');
    }
}

function tellTree(ground: Ground, table: 'step_nodes' | 'template_entries', row: object, found: string, right: string) {
  ground.tell({ table, key: keyOf(table, row), what: 'tree', found, right });
}

async function checkEntries(ground: Ground): Promise<void> {
  for await (const page of pages(ground, 'template_entries', ENTRIES_PER_PAGE))
    for (const [teamId, entries] of Map.groupBy(page, row => row.team_id)) {
      const trees = await treesOf(ground, teamId, entries);
      for (const entry of entries) {
        const root = trees.get(entry.root_hash);
        if (root) tellDifferences(ground, 'template_entries', entry, entryFacts(root));
      }
    }
}

const entryFacts = (root: BaseStep) => ({
  root_id: root.id,
  leaf_count: leafCount(root),
  first_steps: JSON.stringify(firstSteps(root) ?? null),
});

/** In one statement, but where one of them is damaged. */
async function treesOf(ground: Ground, teamId: string, entries: readonly Entry[]): Promise<Map<string, BaseStep>> {
  const { trees } = ground.reader;
  try {
    return await trees.trees(
      teamId,
      entries.map(entry => entry.root_hash),
    );
  } catch {
    const whole = new Map<string, BaseStep>();
    for (const entry of entries)
      await trees.tree(teamId, entry.root_hash).then(
        tree => whole.set(entry.root_hash, tree),
        (error: Error) => tellTree(ground, 'template_entries', entry, error.message, 'a tree as its hash says'),
      );
    return whole;
  }
}

/** What templates are found by is that of their latest entries. */
async function checkHeads(ground: Ground): Promise<void> {
  for await (const heads of pages(ground, 'templates', ENTRIES_PER_PAGE))
    for (const [teamId, page] of Map.groupBy(heads, row => row.team_id)) {
      const ids = page.map(head => head.template_id);
      const entries = await ground.reader.templates.entries([teamId], ids, 'latest');
      const found = await ground.reader.library.foundBy(teamId, ids);
      const trees = await treesOf(ground, teamId, entries);
      for (const entry of entries) {
        const root = trees.get(entry.root_hash);
        tellDifferences(ground, 'templates', entry, {
          title_key: sortKey(entry.title),
          ...(root && { category_id: root.impl.stepGroup?.headers?.category?.id ?? null }),
        });
        checkFoundBy(ground, entry, found.get(entry.template_id));
      }
    }
}

function checkFoundBy(
  ground: Ground,
  entry: Entry,
  found: { readonly search_key: string | null; readonly metadata: readonly string[] } | undefined,
): void {
  const { team_id, template_id } = entry;
  tellDifferences(
    ground,
    'template_texts',
    { team_id, template_id, search_key: found?.search_key ?? '' },
    { search_key: textKey(`${entry.title}\n${entry.descrip}`) },
  );
  const told = (rows: readonly string[]) => [...rows].sort().join(' ');
  const is = told(found?.metadata ?? []);
  const right = told(
    findableMetadata(JSON.parse(entry.metadata)).map(row =>
      JSON.stringify([row.metadata_id, row.option_id, row.text_key, row.number]),
    ),
  );
  if (is !== right)
    ground.tell({ table: 'template_metadata', key: [team_id, template_id], what: 'rows', found: is, right });
}

export const treeChecks: readonly Check[] = [
  { name: 'groups of steps are what their hashes say', run: checkNodes },
  { name: 'entries say what is in their trees', run: checkEntries },
  { name: 'templates are found by their latest entries', run: checkHeads },
];
