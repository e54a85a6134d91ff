/** The metadata that a query asks for, as the store looks for them: options with all those that were merged into them. */
import type { TemplateWhereOpts } from '#gen/job_template_types';
import type { MetadataValue } from '#gen/metadata_types';
import { NotFound } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import { checkedValue, optionIds, resolvedOption } from '../../domain/metadata.ts';
import { receivedMetadata } from '../../domain/received.ts';
import { type Definition, definitionsOf } from '../../engine/definitions.ts';
import type { Reader } from '../../store/database.ts';
import type { MetadataCondition } from '../../store/library.ts';

/** At most two statements. @throws NotFound (404), BadRequest (400) */
export async function metadataConditions(
  reader: Reader,
  { teamId, metadata }: TemplateWhereOpts,
): Promise<MetadataCondition[]> {
  const sent = Object.entries(receivedMetadata('whereOpts.metadata', metadata ?? []));
  const definitions = await definitionsOf(
    reader,
    teamId,
    sent.map(([id]) => id),
  );
  return sent.map(([metadataId, { value }]) => {
    const definition = definitions.get(metadataId);
    if (!definition)
      throw new NotFound(
        'metadata-not-found',
        `whereOpts.metadata: the team has no definition ${metadataId.slice(0, 100)}; index of the metadata service lists them`,
        { metadataId: metadataId.slice(0, 100) },
      );
    return { metadataId, ...conditionOf(value, definition) };
  });
}

function conditionOf(sent: MetadataValue, { row, rules }: Definition) {
  const unbounded = { ...rules, range: undefined };
  const value = checkedValue(`whereOpts.metadata, "${row.key}"`, sent, unbounded);
  if (value.text != null) return { textKey: sameName(value.text) };
  const number = value.number ?? value.date;
  if (number != null) return { number: Number(number) };
  const { options } = rules;
  const standingFor = (id: string) => [...options.keys()].filter(other => resolvedOption(options, other)?.id === id);
  return { options: optionIds(value).map(standingFor) };
}
