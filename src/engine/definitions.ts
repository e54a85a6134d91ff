/** Definitions of metadata with what they let values be. */
import { hasOptions, type ListOption, type ValueRules } from '../domain/metadata.ts';
import type { Reader } from '../store/database.ts';
import type { Row } from '../store/schema.ts';

type DefinitionRow = Row<'metadata_definitions'>;

export interface Definition {
  readonly row: DefinitionRow;
  readonly rules: ValueRules;
}

/** Those of these ids that the team has, archived ones included. At most two statements. */
export async function definitionsOf(
  reader: Reader,
  teamId: string,
  metadataIds: readonly string[],
): Promise<Map<string, Definition>> {
  if (metadataIds.length === 0) return new Map();
  const rows = await reader.metadata.definitionsById(teamId, metadataIds);
  const lists = rows.filter(({ type }) => hasOptions(type)).map(row => row.metadata_id);
  const options = lists.length === 0 ? [] : await reader.metadata.optionsOf(teamId, lists);
  const byList = Map.groupBy(options, option => option.metadata_id);
  return new Map(
    rows.map(row => {
      const own = (byList.get(row.metadata_id) ?? []).map(toOption);
      const rules = { type: row.type, range: toRange(row), options: new Map(own.map(option => [option.id, option])) };
      return [row.metadata_id, { row, rules }];
    }),
  );
}

export const toRange = ({ range_start, range_end }: Pick<DefinitionRow, 'range_start' | 'range_end'>) => ({
  ...(range_start !== null && { range_start }),
  ...(range_end !== null && { range_end }),
});

export const toOption = ({ option_id, text, place, merged_into }: Row<'metadata_options'>): ListOption => ({
  id: option_id,
  text,
  place,
  mergedInto: merged_into,
});
