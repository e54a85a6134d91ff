/** The lists of definitions: options added, removed, renamed, moved and merged. adminBasic does it. */
import { MAX_LIST_OPTIONS } from '#gen/common_types';
import type { ListOptionParams } from '#gen/metadata_types';
import { MetadataType } from '#gen/metadata_types';
import { BadRequest } from '../../base/errors.ts';
import { hasOptions, type OptionsOnRecord, remaining } from '../../domain/metadata.ts';
import { listed, withAdded, withChanged, withMerged, withRemoved } from '../../domain/option-list.ts';
import { requirePrivilege } from '../../domain/privileges.ts';
import { type AuditedAction, audit } from '../../engine/audit.ts';
import type { Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { editable, optionsOnRecord } from './access.ts';
import { refuseTooLarge } from './definitions.ts';
import { optionText, optionTexts } from './received.ts';
import { bytesOf, optionRow } from './wire.ts';

/** Which list. */
export interface ListOf {
  readonly teamId: string;
  readonly metadataId: string;
}

export async function add(
  store: Store,
  call: Call,
  list: ListOf,
  values: readonly string[],
  params: ListOptionParams,
): Promise<string[]> {
  const added = optionTexts('values', values).map(text => ({ id: call.ids.next(), text }));
  const ids = added.map(({ id }) => id);
  await edit(store, call, list, ids, 'metadata.options.added', before => withAdded(before, 'values', added, params));
  return ids;
}

export function remove(store: Store, call: Call, list: ListOf, valueIds: readonly string[]): Promise<void> {
  const ids = checks.idList('valueIds', valueIds, MAX_LIST_OPTIONS);
  return edit(store, call, list, ids, 'metadata.options.removed', before => withRemoved(before, ids));
}

export function update(
  store: Store,
  call: Call,
  list: ListOf,
  valueIds: readonly string[],
  params: readonly ListOptionParams[],
): Promise<void> {
  const ids = checks.idList('valueIds', valueIds, MAX_LIST_OPTIONS);
  if (ids.length < valueIds.length) throw invalid('valueIds', 'an id stands there twice; give each once');
  if (params.length !== ids.length)
    throw invalid('params', `${params.length} for ${ids.length} valueIds; expected one for each`);
  const changes = ids.map((id, index) => ({ id, params: checkedParams(`params[${index}]`, params[index]!) }));
  return edit(store, call, list, ids, 'metadata.options.updated', before => withChanged(before, changes));
}

export function merge(
  store: Store,
  call: Call,
  list: ListOf,
  valueIds: readonly string[],
  intoId: string,
): Promise<void> {
  const ids = checks.idList('valueIds', valueIds, MAX_LIST_OPTIONS);
  const named = [...ids, intoId];
  return edit(store, call, list, named, 'metadata.options.merged', before => withMerged(before, ids, intoId));
}

/**
 * The way of every edit of a list. Whoever edits a definition of the team waits at the team's row, so nobody's options are lost.
 * @param named ids of the options that the edit is about
 */
function edit(
  store: Store,
  call: Call,
  { teamId, metadataId }: ListOf,
  named: readonly string[],
  action: AuditedAction,
  change: (options: OptionsOnRecord) => OptionsOnRecord,
): Promise<void> {
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    const row = await editable(tx, teamId, metadataId);
    refuseWithoutList(row);
    const before = await optionsOnRecord(tx, row, named);
    const after = change(before);
    const changed = [...after.values()].filter(option => option !== before.get(option.id));
    if (changed.length === 0) return;
    const edited = { ...row, updated_at: call.now, default_value: defaultAfter(row, after) };
    const bytes = bytesOf(edited, listed(after));
    await refuseTooLarge(tx, teamId, 'metadataId', bytes - row.bytes);
    await tx.metadata.changeDefinition(teamId, metadataId, { ...edited, bytes });
    await tx.metadata.writeOptions(
      teamId,
      metadataId,
      changed.map(option => optionRow(row, option)),
    );
    await audit(tx, call, teamId, action, metadataId, { from: pick(before, named), to: pick(after, named) });
  });
}

const pick = (options: OptionsOnRecord, ids: readonly string[]) => ids.flatMap(id => options.get(id) ?? []);

/** The default never has an option that cannot be chosen. */
function defaultAfter({ default_value }: Row<'metadata_definitions'>, options: OptionsOnRecord): string | null {
  const value = default_value === null ? undefined : remaining(JSON.parse(default_value), options);
  return value === undefined ? null : JSON.stringify(value);
}

const checkedParams = (field: string, params: ListOptionParams): ListOptionParams => ({
  ...params,
  ...(params.name != null && { name: optionText(`${field}.name`, params.name) }),
});

function refuseWithoutList({ key, metadata_id, type }: Row<'metadata_definitions'>): void {
  if (hasOptions(type)) return;
  throw invalid(
    'metadataId',
    `"${key}" (${metadata_id}) is of type ${MetadataType[type]}; only LIST and MULTI_SELECT_LIST have options`,
  );
}

const invalid = (field: string, what: string): BadRequest =>
  new BadRequest('invalid-argument', `${field}: ${what}`, { field });
