/**
 * The property tables of an entry, made ready for use: in their order, found by name whatever the case, with parsed defaults and
 * domains. What is read here was checked when it was written (definitions.ts).
 */
import {
  DEFAULT_PROPERTY_TEXT_LENGTH,
  ExtendedPropertyDataType,
  type ExtendedPropertyDefinition,
  ExtendedPropertyRelationshipType,
  type ExtendedPropertyTable,
} from '#gen/flow_types';
import { type PropertyValue, parsedValue, valueKey } from './values.ts';

export interface Property {
  readonly name: string;
  /** `table.property`. */
  readonly identifier: string;
  readonly type: ExtendedPropertyDataType;
  /** Of a text, in characters. */
  readonly longest: number;
  readonly isRequired: boolean;
  readonly editable: boolean;
  readonly initial: PropertyValue | undefined;
  /** Keys of the only values allowed; undefined = any value of the type. */
  readonly allowed: ReadonlySet<string> | undefined;
}

export interface PropertyTable {
  readonly name: string;
  /** Any number of rows for each job, not one. */
  readonly isRelated: boolean;
  readonly properties: readonly Property[];
  /** @param name in any case */
  property(name: string): Property | undefined;
}

export class PropertyTables {
  /** In their order. */
  readonly tables: readonly PropertyTable[];
  readonly #byName: ReadonlyMap<string, PropertyTable>;

  /** @param json flow.ExtendedPropertyTable list; null for none */
  static of(json: string | null): PropertyTables {
    return new PropertyTables(json === null ? [] : JSON.parse(json));
  }

  constructor(tables: readonly ExtendedPropertyTable[]) {
    this.tables = inOrder(tables, table => table.tableOrder).map(prepared);
    this.#byName = byName(this.tables);
  }

  /** @param name in any case */
  table(name: string): PropertyTable | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** @param identifier `table.property`, in any case */
  find(identifier: string): { readonly table: PropertyTable; readonly property: Property } | undefined {
    const [tableName, name, more] = identifier.split('.', 3);
    const table = more === undefined ? this.table(tableName!) : undefined;
    const property = table?.property(name ?? '');
    return table && property && { table, property };
  }
}

/** Where no place is given, the place in the list is it. */
const inOrder = <T>(things: readonly T[], orderOf: (thing: T) => number | null | undefined): T[] =>
  things
    .map((thing, index) => ({ thing, order: orderOf(thing) ?? index }))
    .sort((a, b) => a.order - b.order)
    .map(({ thing }) => thing);

const byName = <T extends { readonly name: string }>(things: readonly T[]): Map<string, T> =>
  new Map(things.map(thing => [thing.name.toLowerCase(), thing]));

function prepared({ tableName, relationshipType, properties }: ExtendedPropertyTable): PropertyTable {
  const own = inOrder(properties, property => property.propertyOrder).map(property =>
    preparedProperty(tableName, property),
  );
  const known = byName(own);
  return {
    name: tableName,
    isRelated: relationshipType === ExtendedPropertyRelationshipType.OneToMany,
    properties: own,
    property: name => known.get(name.toLowerCase()),
  };
}

function preparedProperty(tableName: string, definition: ExtendedPropertyDefinition): Property {
  const { propertyName, dataType, defaultValue, domain } = definition;
  const codes = (domain ?? []).map(({ code }) => valueKey(parsedValue(dataType, code)!));
  return {
    name: propertyName,
    identifier: `${tableName}.${propertyName}`,
    type: dataType,
    longest: definition.fieldLength ?? DEFAULT_PROPERTY_TEXT_LENGTH,
    isRequired: definition.isRequired ?? false,
    editable: definition.editable ?? true,
    initial: defaultValue == null ? undefined : parsedValue(dataType, defaultValue),
    allowed: codes.length > 0 ? new Set(codes) : undefined,
  };
}

/** Why a value is none of the property, behind the value in a message; undefined when it is one. */
export function valueFault(property: Property, value: PropertyValue): string | undefined {
  if (property.type === ExtendedPropertyDataType.String && isLonger(value as string, property.longest))
    return ` has ${[...(value as string)].length} characters; the longest may have ${property.longest}`;
  if (property.allowed && !property.allowed.has(valueKey(value)))
    return ' is not in the domain of the property; take one of its codes';
  return undefined;
}

const isLonger = (text: string, longest: number): boolean => text.length > longest && [...text].length > longest;
