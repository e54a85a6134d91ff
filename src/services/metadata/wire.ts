/** Metadata: from rows to the structs of the interface, and options from rows and back. Times go out in Unix seconds. */
import type { Metadata } from '#gen/metadata_types';
import { toSeconds } from '../../base/clock.ts';
import { sameName } from '../../base/text.ts';
import { hasOptions, type ListOption } from '../../domain/metadata.ts';
import { toRange } from '../../engine/definitions.ts';
import type { Row } from '../../store/schema.ts';

type DefinitionRow = Row<'metadata_definitions'>;

/** @param list what can be chosen, in order; nothing for a type without options */
export const toMetadata = (row: DefinitionRow, list: readonly Pick<ListOption, 'id' | 'text'>[]): Metadata => ({
  id: row.metadata_id,
  key: row.key,
  type: row.type,
  constraints: {
    ...((row.range_start !== null || row.range_end !== null) && { range: toRange(row) }),
    ...(hasOptions(row.type) && {
      listOptions: { options: list.map(({ text }) => text), valueIds: list.map(({ id }) => id) },
    }),
  },
  owner: row.owner,
  createdAt: toSeconds(row.created_at),
  isRequired: row.is_required === 1,
  archivedAt: toSeconds(row.archived_at ?? 0),
  updatedAt: toSeconds(row.updated_at),
  ...(row.position !== null && { position: row.position }),
  ...(row.default_value !== null && { defaultValue: JSON.parse(row.default_value) }),
  externallyManaged: row.externally_managed === 1,
});

/** What the definition takes of MAX_METADATA_BYTES. */
export const bytesOf = (row: DefinitionRow, list: readonly Pick<ListOption, 'id' | 'text'>[]): number =>
  Buffer.byteLength(JSON.stringify(toMetadata(row, list)));

export const optionRow = (
  { team_id, metadata_id }: Pick<DefinitionRow, 'team_id' | 'metadata_id'>,
  { id, text, place, mergedInto }: ListOption,
): Row<'metadata_options'> => ({
  team_id,
  metadata_id,
  option_id: id,
  text,
  text_key: sameName(text),
  place,
  merged_into: mergedInto,
});
