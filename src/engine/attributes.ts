/**
 * Attributes: a team defines them with their possible values, and users, templates and data sheet sets carry some. They are relations,
 * not content: assigning one needs no lock and makes no entry.
 */
import { MAX_ATTRIBUTE_VALUES, MAX_ATTRIBUTES_PER_TEAM } from '#gen/common_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import { sameName } from '../base/text.ts';
import { type Carried, type OwnerKind, ownerKinds } from '../store/attributes.ts';
import type { Reader, Transactor } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import type { Act } from './act.ts';
import { audit } from './audit.ts';

/** An attribute with values: all possible ones, or those that something carries. */
export interface Attribute {
  readonly id: string;
  readonly label: string;
  readonly values: readonly { readonly id: string; readonly label: string }[];
}

export const attributeOf = (row: Row<'attributes'>): Attribute => ({
  id: row.attribute_id,
  label: row.label,
  values: JSON.parse(row.options),
});

/**
 * One with an empty id is new, one with a known id gets this label and these values, and so it is with values. Others stay.
 * @returns all attributes of the team
 * @throws NotFound (404) for an unknown id, BadRequest (400) for one that is given twice, and beyond the limits
 */
export async function define(
  tx: Transactor,
  act: Act,
  teamId: string,
  sent: readonly Attribute[],
): Promise<Attribute[]> {
  await tx.people.lockTeam(teamId);
  const before = (await tx.attributes.definitions([teamId])).map(attributeOf);
  const known = new Map(before.map(attribute => [attribute.id, attribute]));
  refuseTwice(sent.map(({ id }) => id));
  const written = sent.map(attribute => withIds(act, attribute, known.get(attribute.id)));
  const after = [...before.map(old => written.find(({ id }) => id === old.id) ?? old)];
  after.push(...written.filter(({ id }) => !known.has(id)));
  refuseTooMany(after);
  refuseSameLabels('attributes', after);
  const rows = written.map(({ id, label, values }) => ({
    team_id: teamId,
    attribute_id: id,
    ordinal: after.findIndex(attribute => attribute.id === id),
    label,
    options: JSON.stringify(values),
  }));
  await tx.attributes.putDefinitions(rows);
  const kept = new Set(after.flatMap(({ values }) => values.map(({ id }) => id)));
  const dropped = before.flatMap(({ values }) => values.map(({ id }) => id)).filter(id => !kept.has(id));
  if (dropped.length > 0) await tx.attributes.dropValues(teamId, dropped);
  await audit(tx, act, teamId, 'attributes.defined', teamId, {
    attributes: written.map(({ label }) => label),
    dropped,
  });
  return after;
}

function withIds(act: Act, sent: Attribute, known: Attribute | undefined): Attribute {
  if (sent.id !== '' && !known) throw attributeNotFound(sent.id);
  refuseTwice(sent.values.map(({ id }) => id));
  refuseSameLabels(`values of "${sent.label}"`, sent.values);
  const values = sent.values.map(({ id, label }) => {
    if (id !== '' && !known?.values.some(value => value.id === id)) throw attributeNotFound(sent.id, id);
    return { id: id || act.ids.next(), label };
  });
  return { id: sent.id || act.ids.next(), label: sent.label, values };
}

export interface Owner {
  readonly teamId: string;
  readonly kind: OwnerKind;
  readonly id: string;
}

/**
 * Gives an owner values of one attribute.
 * @param merge they join those that it has; otherwise they take their place
 * @returns the attribute with the values that the owner has now
 * @throws NotFound (404)
 */
export async function assign(
  tx: Transactor,
  act: Act,
  owner: Owner,
  attributeId: string,
  valueIds: readonly string[],
  merge: boolean,
): Promise<Attribute> {
  const { teamId, kind, id } = owner;
  // Whoever takes a value out of the definition waits, or is waited for.
  await tx.people.lockTeam(teamId);
  const definitions = (await tx.attributes.definitions([teamId])).map(attributeOf);
  const [chosen] = chosenFrom(definitions, [{ id: attributeId, values: valueIds.map(valueId => ({ id: valueId })) }]);
  const before = carriedBy(definitions, await tx.attributes.carried([teamId], kind, [id]), id);
  if (!merge) await tx.attributes.clear(teamId, kind, id, attributeId);
  await tx.attributes.add({ team_id: teamId, owner_kind: kind, owner_id: id }, rowsOf([chosen!]));
  const after = carriedBy(definitions, await tx.attributes.carried([teamId], kind, [id]), id);
  const of = (attributes: readonly Attribute[]) => attributes.find(attribute => attribute.id === attributeId);
  const ids = (attribute: Attribute | undefined) => (attribute?.values ?? []).map(value => value.id);
  if (String(ids(of(before))) !== String(ids(of(after))))
    await audit(tx, act, teamId, 'attribute.assigned', id, { attributeId, from: ids(of(before)), to: ids(of(after)) });
  return of(after) ?? { ...chosen!, values: [] };
}

/** To an owner that has none yet. @throws NotFound (404) */
export async function assignAll(
  tx: Transactor,
  { teamId, kind, id }: Owner,
  attributes: readonly { id: string; values: readonly { id: string }[] }[],
): Promise<void> {
  if (attributes.length === 0) return;
  await tx.people.lockTeam(teamId);
  const definitions = (await tx.attributes.definitions([teamId])).map(attributeOf);
  const rows = rowsOf(chosenFrom(definitions, attributes));
  await tx.attributes.add({ team_id: teamId, owner_kind: kind, owner_id: id }, rows);
}

/** What owners of a kind carry, in the order of the definitions. Two statements, whatever the number of owners. */
export async function attributesOf(
  reader: Reader,
  teamIds: readonly string[],
  kind: keyof typeof ownerKinds,
  ownerIds: readonly string[],
): Promise<(teamId: string, ownerId: string) => Attribute[]> {
  const definitions = Map.groupBy(await reader.attributes.definitions(teamIds), row => row.team_id);
  const carried = Map.groupBy(await reader.attributes.carried(teamIds, ownerKinds[kind], ownerIds), row => row.team_id);
  return (teamId, ownerId) =>
    carriedBy((definitions.get(teamId) ?? []).map(attributeOf), carried.get(teamId) ?? [], ownerId);
}

function carriedBy(definitions: readonly Attribute[], carried: readonly Carried[], ownerId: string): Attribute[] {
  const values = new Set(carried.filter(row => row.owner_id === ownerId).map(row => row.value_id));
  return definitions
    .map(attribute => ({ ...attribute, values: attribute.values.filter(value => values.has(value.id)) }))
    .filter(attribute => attribute.values.length > 0);
}

/** @throws NotFound (404) for an attribute or a value that is not defined */
function chosenFrom(
  definitions: readonly Attribute[],
  sent: readonly { id: string; values: readonly { id: string }[] }[],
): Attribute[] {
  return sent.map(({ id, values }) => {
    const definition = definitions.find(attribute => attribute.id === id);
    if (!definition) throw attributeNotFound(id);
    const ids = new Set(values.map(value => value.id));
    for (const valueId of ids)
      if (!definition.values.some(value => value.id === valueId)) throw attributeNotFound(id, valueId);
    return { ...definition, values: definition.values.filter(value => ids.has(value.id)) };
  });
}

const rowsOf = (attributes: readonly Attribute[]): Pick<Carried, 'attribute_id' | 'value_id'>[] =>
  attributes.flatMap(({ id, values }) => values.map(value => ({ attribute_id: id, value_id: value.id })));

const attributeNotFound = (attributeId: string, valueId?: string): NotFound =>
  valueId === undefined
    ? new NotFound(
        'attribute-not-found',
        `attributes: the team has no attribute ${attributeId}; getAttributes lists them`,
        {
          attributeId,
        },
      )
    : new NotFound(
        'attribute-not-found',
        `values: the attribute ${attributeId} has no value ${valueId}; getAttributes lists them`,
        { attributeId, valueId },
      );

function refuseTwice(ids: readonly string[]): void {
  const given = ids.filter(id => id !== '');
  const twice = given.find((id, index) => given.indexOf(id) !== index);
  if (twice !== undefined) throw new BadRequest('duplicate-id', `attributes: ${twice} is given twice`, { id: twice });
}

function refuseSameLabels(where: string, things: readonly { readonly label: string }[]): void {
  const keys = new Map<string, string>();
  for (const { label } of things) {
    const key = sameName(label);
    if (keys.has(key))
      throw new BadRequest('duplicate-name', `${where}: "${label}" is there twice; choose another label`, {
        name: label,
      });
    keys.set(key, label);
  }
}

function refuseTooMany(attributes: readonly Attribute[]): void {
  const limits: [string, number, number][] = [
    ['attributes: the team would have', attributes.length, MAX_ATTRIBUTES_PER_TEAM],
    ...attributes.map(({ label, values }): [string, number, number] => [
      `values of "${label}":`,
      values.length,
      MAX_ATTRIBUTE_VALUES,
    ]),
  ];
  for (const [what, found, limit] of limits)
    if (found > limit)
      throw new BadRequest('limit-exceeded', `${what} ${found}; at most ${limit}`, {
        limit: String(limit),
        found: String(found),
      });
}
