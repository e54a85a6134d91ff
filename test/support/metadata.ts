/** Metadata definitions of each type, for what carries metadata. */
import { type Metadata, MetadataType, Owner } from '#gen/metadata_types';
import type { TestUser } from './seed.ts';

/** A definition that the administrator adds to its team. */
export const newMetadata = (admin: TestUser, key: string, more: Partial<Metadata> = {}): Promise<Metadata> =>
  admin.connection.service('MetadataService').add(admin.teamId, {
    key,
    type: MetadataType.TEXT,
    owner: Owner.JOB_TEMPLATE,
    constraints: {},
    ...more,
  } as Metadata);

/** A list with these options. @returns the definition, and the ids of its options by their texts */
export async function newList(
  admin: TestUser,
  key: string,
  options: string[],
  more: Partial<Metadata> = {},
): Promise<{ definition: Metadata; ids: Record<string, string> }> {
  const constraints = { listOptions: { options } };
  const definition = await newMetadata(admin, key, { type: MetadataType.LIST, constraints, ...more });
  const { valueIds } = definition.constraints.listOptions!;
  return { definition, ids: Object.fromEntries(options.map((option, index) => [option, valueIds![index]!])) };
}
