/** Where docs/citus.sql puts each table. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Place = 'distributed' | 'reference' | 'local';

const calls: Readonly<Record<string, Place>> = {
  create_distributed_table: 'distributed',
  create_reference_table: 'reference',
  citus_add_local_table_to_metadata: 'local',
};

export const script = readFileSync(join(import.meta.dirname, '../../../docs/citus.sql'), 'utf8')
  .replace(/^--.*$/gm, '')
  .split(';')
  .map(statement => statement.trim())
  .filter(statement => statement !== '');

/** In the order of the script. `further`: what is said behind the table's name. */
export const placed = script.flatMap(statement => {
  const [, call, table, further] = /^select (\w+)\('(\w+)'(?:, (.*))?\)$/.exec(statement) ?? [];
  return call && table ? [{ table, place: calls[call]!, further }] : [];
});

/** Foreign keys that the script takes away. */
export const dropped = script.flatMap(statement => {
  const [, table, name] = /^alter table (\w+) drop constraint (\w+)$/.exec(statement) ?? [];
  return table && name ? [{ table, name }] : [];
});

const places = new Map(placed.map(({ table, place }) => [table, place]));

export const placeOf = (table: string): Place | undefined => places.get(table);
