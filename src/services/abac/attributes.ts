/** Defining attributes, and giving their values to things. */
import { type AbacAttribute, type AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import { requireMember, requirePrivilege } from '../../domain/privileges.ts';
import * as engine from '../../engine/attributes.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';

export function updateAttributes(
  store: Store,
  call: Call,
  teamId: string,
  sent: AbacAttribute[],
): Promise<AbacAttribute[]> {
  const attributes = sent.map(({ id, label, values }) => ({
    id,
    label: checks.name('attributes.label', label),
    values: values.map(value => ({ id: value.id, label: checks.name('attributes.values.label', value.label) })),
  }));
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(async tx => (await engine.define(tx, call, teamId, attributes)).map(toAbacAttribute));
}

export async function getAttributes(store: Store, call: Call, teamId: string): Promise<AbacAttribute[]> {
  requireMember(call.caller, teamId);
  const definitions = await store.read(reader => reader.attributes.definitions([teamId]));
  return definitions.map(row => toAbacAttribute(engine.attributeOf(row)));
}

/** The updateAttribute functions of users, templates and data sheet sets. */
export async function assigned(
  tx: Transactor,
  call: Call,
  owner: engine.Owner,
  attributeId: string,
  values: readonly AbacAttributeValue[],
  behave: AbacUploadBehaviour,
): Promise<AbacAttribute[]> {
  const ids = checks.idList(
    'values',
    values.map(({ id }) => id),
  );
  const merge = behave === AbacUploadBehaviour.MERGE;
  return [toAbacAttribute(await engine.assign(tx, call, owner, attributeId, ids, merge))];
}

export const toAbacAttribute = ({ id, label, values }: engine.Attribute): AbacAttribute => ({
  id,
  label,
  values: values.map(value => ({ ...value })),
});
