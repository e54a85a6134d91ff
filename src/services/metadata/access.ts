/** Which definitions there are for a call, which it may edit, and their options. */
import { NoChange, NotAllowed, NotFound } from '../../base/errors.ts';
import { hasOptions, type OptionsOnRecord } from '../../domain/metadata.ts';
import { toOption } from '../../engine/definitions.ts';
import type { Reader } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';

/** @throws NotFound (404) */
export async function definition(
  reader: Reader,
  teamId: string,
  metadataId: string,
): Promise<Row<'metadata_definitions'>> {
  const row = await reader.metadata.definition(teamId, metadataId);
  if (row) return row;
  throw new NotFound(
    'metadata-not-found',
    `no metadata definition ${metadataId.slice(0, 100)} in this team; index of the metadata service lists them`,
    { metadataId: metadataId.slice(0, 100) },
  );
}

/** @throws NotFound (404), NotAllowed (550), NoChange (414) for an archived one */
export async function editable(
  reader: Reader,
  teamId: string,
  metadataId: string,
): Promise<Row<'metadata_definitions'>> {
  const row = await definition(reader, teamId, metadataId);
  if (row.externally_managed === 1)
    throw new NotAllowed(
      'not-allowed',
      `"${row.key}" (${metadataId}) is managed by another system; edit it there, or make a definition of your own`,
      { metadataId },
    );
  if (row.archived_at !== null)
    throw new NoChange(
      'already-archived',
      `"${row.key}" (${metadataId}) is archived, and stays as it is; make another definition with its key`,
      { metadataId },
    );
  return row;
}

/** What the list of a definition has, and those of these ids whatever became of them. */
export async function optionsOnRecord(
  reader: Reader,
  { team_id, metadata_id, type }: Row<'metadata_definitions'>,
  optionIds: readonly string[],
): Promise<OptionsOnRecord> {
  if (!hasOptions(type)) return new Map();
  const rows = await reader.metadata.onRecord(team_id, metadata_id, optionIds);
  return new Map(rows.map(row => [row.option_id, toOption(row)]));
}
