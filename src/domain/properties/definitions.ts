/** Property tables as authors send them: checked whole, so that one refusal names every fault by table and property. */
import {
  DEFAULT_PROPERTY_TEXT_LENGTH,
  ExtendedPropertyDataType,
  type ExtendedPropertyDefinition,
  ExtendedPropertyRelationshipType,
  type ExtendedPropertyTable,
  MAX_CODED_VALUES,
  MAX_PROPERTIES_PER_TABLE,
  MAX_PROPERTY_NAME_LENGTH,
  MAX_PROPERTY_TABLES,
  MAX_PROPERTY_TABLES_BYTES,
  MAX_PROPERTY_TEXT_LENGTH,
} from '#gen/flow_types';
import { BadRequest } from '../../base/errors.ts';
import { isLongerThan } from '../../base/text.ts';
import { PropertyFaults, shown } from './faults.ts';
import { expectedOf, type PropertyValue, parsedValue, valueKey } from './values.ts';

const LONGEST_ALIAS = 250;
const NAME = /^[A-Za-z]\w*$/;

/** @throws BadRequest (400) naming every fault */
export function checkedTables(tables: readonly ExtendedPropertyTable[]): readonly ExtendedPropertyTable[] {
  refuseTooMuch('extendedPropertyTables', tables.length, MAX_PROPERTY_TABLES, 'tables');
  refuseTooMuch(
    'extendedPropertyTables',
    Buffer.byteLength(JSON.stringify(tables)),
    MAX_PROPERTY_TABLES_BYTES,
    'bytes',
  );
  const faults = new PropertyFaults();
  checkNames(
    faults,
    'tableName',
    tables.map(({ tableName }) => tableName),
    '',
  );
  for (const table of tables) checkTable(faults, table);
  faults.refuse();
  return tables;
}

function refuseTooMuch(field: string, found: number, limit: number, what: string): void {
  if (found <= limit) return;
  throw new BadRequest('limit-exceeded', `params.${field}: ${found} ${what}; a template may have ${limit}`, {
    field,
    limit: String(limit),
    found: String(found),
  });
}

/** @param within what stands before a name in a message: the table of a property */
function checkNames(faults: PropertyFaults, field: string, names: readonly string[], within: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    const place = `${within}${shown(name) || `(${field} empty)`}`;
    if (!NAME.test(name) || name.length > MAX_PROPERTY_NAME_LENGTH)
      faults.add(
        place,
        `no ${field}; expected a letter of a to z, then letters, digits and underscores, ${MAX_PROPERTY_NAME_LENGTH} at most`,
      );
    else if (seen.has(key)) faults.add(place, `this ${field} is there twice; names differ in more than case`);
    seen.add(key);
  }
}

function checkTable(faults: PropertyFaults, table: ExtendedPropertyTable): void {
  const { tableName, tableAlias, relationshipType, properties } = table;
  const place = shown(tableName);
  if (ExtendedPropertyRelationshipType[relationshipType] === undefined)
    faults.add(place, 'relationshipType is unset; expected OneToOne or OneToMany');
  checkLength(faults, place, 'tableAlias', tableAlias, 0, LONGEST_ALIAS);
  if (properties.length < 1 || properties.length > MAX_PROPERTIES_PER_TABLE)
    faults.add(place, `${properties.length} properties; expected 1 to ${MAX_PROPERTIES_PER_TABLE}`);
  checkNames(
    faults,
    'propertyName',
    properties.map(({ propertyName }) => propertyName),
    `${place}.`,
  );
  for (const property of properties) checkProperty(faults, `${place}.${shown(property.propertyName)}`, property);
}

function checkProperty(faults: PropertyFaults, place: string, property: ExtendedPropertyDefinition): void {
  const { propertyAlias, dataType, fieldLength, defaultValue } = property;
  if (ExtendedPropertyDataType[dataType] === undefined) {
    faults.add(place, 'dataType is unset; expected one of ExtendedPropertyDataType');
    return;
  }
  checkLength(faults, place, 'propertyAlias', propertyAlias, 0, LONGEST_ALIAS);
  if (fieldLength != null && (fieldLength < 1 || fieldLength > MAX_PROPERTY_TEXT_LENGTH))
    faults.add(place, `fieldLength ${fieldLength}; expected 1 to ${MAX_PROPERTY_TEXT_LENGTH}`);
  const codes = checkDomain(faults, place, property);
  if (defaultValue == null) return;
  const value = checkedText(faults, place, 'defaultValue', defaultValue, property);
  if (value !== undefined && codes.size > 0 && !codes.has(valueKey(value)))
    faults.add(place, `defaultValue "${shown(defaultValue)}" is not in the domain; take one of its codes`);
}

/** The keys of the codes. */
function checkDomain(faults: PropertyFaults, place: string, property: ExtendedPropertyDefinition): Set<string> {
  const domain = property.domain ?? [];
  const keys = new Set<string>();
  if (domain.length > MAX_CODED_VALUES)
    faults.add(place, `${domain.length} values in the domain; at most ${MAX_CODED_VALUES}`);
  for (const { name, code } of domain.slice(0, MAX_CODED_VALUES)) {
    checkLength(faults, place, `name of the code "${shown(code)}"`, name, 1, LONGEST_ALIAS);
    const value = checkedText(faults, place, 'code', code, property);
    if (value === undefined) continue;
    if (keys.has(valueKey(value))) faults.add(place, `the code "${shown(code)}" is in the domain twice`);
    keys.add(valueKey(value));
  }
  return keys;
}

function checkedText(
  faults: PropertyFaults,
  place: string,
  what: string,
  text: string,
  { dataType, fieldLength }: ExtendedPropertyDefinition,
): PropertyValue | undefined {
  const value = parsedValue(dataType, text);
  if (value === undefined) {
    faults.add(place, `${what} "${shown(text)}"; expected ${expectedOf(dataType)}`);
    return undefined;
  }
  if (dataType === ExtendedPropertyDataType.String)
    checkLength(faults, place, what, text, 0, fieldLength ?? DEFAULT_PROPERTY_TEXT_LENGTH);
  return value;
}

function checkLength(
  faults: PropertyFaults,
  place: string,
  what: string,
  text: string | null | undefined,
  shortest: number,
  longest: number,
): void {
  if (text == null) return;
  if (text.trim().length < shortest) faults.add(place, `${what} is empty; expected 1 to ${longest} characters`);
  else if (isLongerThan(text, longest))
    faults.add(place, `${what} has ${[...text].length} characters; the longest may have ${longest}`);
}
