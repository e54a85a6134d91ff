/** The metadata that a team requires, asked of an entry before it is published. */
import { Owner } from '#gen/metadata_types';
import type { BaseStep } from '#gen/step_types';
import { MissingMetadata } from '../base/errors.ts';
import { andMore } from '../base/text.ts';
import { isGroup, walk } from '../domain/tree.ts';
import type { Transactor } from '../store/database.ts';
import type { TemplateRow } from '../store/templates.ts';

/** @throws MissingMetadata (472) with what is missing where */
export async function requireMetadata(tx: Transactor, entry: TemplateRow, root: BaseStep): Promise<void> {
  const required = await tx.metadata.requiredOf(entry.team_id);
  if (required.length === 0) return;
  const missing: string[] = [];
  const ask = (where: string, owner: Owner, metadata: object) => {
    for (const row of required)
      if ((row.owner === owner || row.owner === Owner.ALL) && !(row.metadata_id in metadata))
        missing.push(`"${row.key}" (${row.metadata_id}) of ${where}`);
  };
  ask('the template', Owner.JOB_TEMPLATE, JSON.parse(entry.metadata));
  for (const { step, parent } of walk(root)) {
    if (!parent) continue;
    const owner = isGroup(step) ? Owner.STEP_GROUP : Owner.STEP;
    ask(`"${step.title}" (${step.id})`, owner, step.metadataById ?? {});
  }
  if (missing.length === 0) return;
  throw new MissingMetadata('missing-metadata', `required metadata is missing: ${andMore(missing)}`, {
    missing: String(missing.length),
  });
}
