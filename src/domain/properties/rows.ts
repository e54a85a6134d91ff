/** Rows of properties: made with their defaults and changed, each value checked against its definition. */
import { type PropertyFaults, shown } from './faults.ts';
import { type Property, type PropertyTable, valueFault } from './tables.ts';
import { expectedOf, type PropertyValue, parsedValue, valueKey, valueText } from './values.ts';

/** By the property's name as it is declared; null is left out. */
export type RowValues = ReadonlyMap<string, PropertyValue>;

export const valuesFromJson = (json: string): RowValues => new Map(Object.entries(JSON.parse(json)));
export const valuesToJson = (values: RowValues): string => JSON.stringify(Object.fromEntries(values));

/** A property by its name in the table, and the text to give to it; no text = null. */
export interface GivenValue {
  readonly name: string;
  readonly text: string | null | undefined;
}

/** A new row: what is given, else the defaults. What is wrong goes to `faults`. @param where stands behind a place in messages */
export function newRow(
  faults: PropertyFaults,
  table: PropertyTable,
  given: readonly GivenValue[],
  where = '',
): RowValues {
  const values = valuesGiven(faults, table, given, where);
  const row = new Map<string, PropertyValue>();
  for (const property of table.properties) {
    const value = values.has(property) ? values.get(property) : property.initial;
    if (value !== undefined && value !== null) row.set(property.name, value);
    else if (property.isRequired && !values.has(property))
      faults.add(property.identifier + where, 'has no value; it is required and has no default');
  }
  return row;
}

/**
 * The row with what is given.
 * @param byServer not editable holds for callers alone
 */
export function changedRow(
  faults: PropertyFaults,
  table: PropertyTable,
  row: RowValues,
  given: readonly GivenValue[],
  byServer: boolean,
  where = '',
): RowValues {
  const changed = new Map(row);
  for (const [property, value] of valuesGiven(faults, table, given, where)) {
    if (!byServer && !property.editable && !isSame(row.get(property.name), value))
      faults.add(property.identifier + where, 'is not editable; it keeps the value that it was made with');
    if (value === null) changed.delete(property.name);
    else changed.set(property.name, value);
  }
  return changed;
}

/**
 * A row as another declaration of its table has it: values of another type are read anew from their text, and left out where it is
 * none of the new type. What is not declared stays as it is.
 * @param before the declaration by which it was made; undefined where it had none of late
 */
export function convertedRow(row: RowValues, before: PropertyTable | undefined, after: PropertyTable): RowValues {
  const converted = new Map(row);
  for (const { name, type } of after.properties) {
    const old = before?.property(name);
    const value = row.get(old?.name ?? name);
    if (value === undefined || (old?.type === type && old.name === name)) continue;
    const now = parsedValue(type, old ? valueText(old.type, value) : keptText(value));
    if (old) converted.delete(old.name);
    if (now === undefined) converted.delete(name);
    else converted.set(name, now);
  }
  return converted;
}

/** A text that every type that has kept the value so reads as the value. */
const keptText = (value: PropertyValue): string => (typeof value === 'object' ? value.text : String(value));

const isSame = (one: PropertyValue | undefined, other: PropertyValue | null): boolean =>
  one === undefined || other === null ? one === undefined && other === null : valueKey(one) === valueKey(other);

/** The properties of the table that differ between two rows. */
export const differing = (table: PropertyTable, before: RowValues, after: RowValues): Property[] =>
  table.properties.filter(({ name }) => !isSame(before.get(name), after.get(name) ?? null));

/** The values that are right, and null for those to be cleared. */
function valuesGiven(
  faults: PropertyFaults,
  table: PropertyTable,
  given: readonly GivenValue[],
  where: string,
): Map<Property, PropertyValue | null> {
  const values = new Map<Property, PropertyValue | null>();
  for (const { name, text } of given) {
    const property = table.property(name);
    const place = `${property?.identifier ?? `${table.name}.${shown(name)}`}${where}`;
    if (!property) faults.add(place, `no such property; ${table.name} has ${namesOf(table)}`);
    else if (values.has(property)) faults.add(place, 'is named twice; give one value');
    else values.set(property, checkedValue(faults, place, property, text));
  }
  return values;
}

const MOST_NAMES = 20;
const namesOf = ({ properties }: PropertyTable): string =>
  `${properties
    .slice(0, MOST_NAMES)
    .map(({ name }) => name)
    .join(', ')}${properties.length > MOST_NAMES ? ', …' : ''}`;

function checkedValue(
  faults: PropertyFaults,
  place: string,
  property: Property,
  text: string | null | undefined,
): PropertyValue | null {
  if (text == null) {
    if (property.isRequired) faults.add(place, 'may not be null; it is required');
    return null;
  }
  const value = parsedValue(property.type, text);
  const fault = value === undefined ? `; expected ${expectedOf(property.type)}` : valueFault(property, value);
  if (fault !== undefined) faults.add(place, `"${shown(text)}"${fault}`);
  return value ?? null;
}
