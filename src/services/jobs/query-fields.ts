/**
 * What queries may name: fields of jobs, and properties of the team's published entries. Where a template has published several
 * entries, the newest says what a property is; jobs of older ones, in which it was something else, have no value of it. Templates
 * that are published with the same property as different things cannot be asked about it.
 */
import { BadRequest } from '../../base/errors.ts';
import { type FieldList, fieldList, jobFields } from '../../domain/filter/filter.ts';
import { shown } from '../../domain/filter/invalid.ts';
import { PropertyTables } from '../../domain/properties/tables.ts';
import { fieldTypes } from '../../engine/job-values.ts';
import type { Reader } from '../../store/database.ts';
import type { QueryField } from '../../store/job-queries/columns.ts';
import type { PublishedTables } from '../../store/properties.ts';

export interface QueryFields {
  readonly list: FieldList;
  /** The field of this name. @throws BadRequest (400) with its nearest neighbours, or the templates that do not agree */
  named(place: string, name: string): QueryField;
  /** @throws BadRequest (400) for one about which templates do not agree */
  check(place: string, field: QueryField): void;
  /** Elsewhere (store/job-queries/columns.ts). */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
}

/** Whether any of these texts, outside of quotes, has what may be `table.property`. */
export const nameProperties = (texts: readonly string[]): boolean =>
  texts.some(text => /[A-Za-z_]\w*\.[A-Za-z_]/.test(text.replace(/'[^']*'/g, "''")));

/** @param withProperties at most one statement; none for fields of jobs alone */
export async function queryFields(reader: Reader, teamId: string, withProperties: boolean): Promise<QueryFields> {
  return withProperties ? ofDefinitions(await reader.properties.publishedTables(teamId)) : fieldsOfJobs;
}

/** A property as one entry defines it. */
interface Definition {
  readonly field: QueryField;
  readonly entry: PublishedTables;
}

function ofDefinitions(entries: readonly PublishedTables[]): QueryFields {
  const byName = new Map<string, Definition[]>();
  for (const entry of entries)
    for (const field of propertiesOf(entry)) {
      const known = byName.get(field.name);
      if (known) known.push({ field, entry });
      else byName.set(field.name, [{ field, entry }]);
    }
  const elsewhere: Record<string, readonly string[]> = {};
  const disagreeing = new Map<string, readonly [Definition, Definition]>();
  const fields = [...byName].map(([name, definitions]) => {
    const published = definitions.filter(({ entry }) => entry.is_published === 1);
    const counts = published[0] ?? definitions[0]!;
    const other = published.find(({ field }) => !isSame(field, counts.field));
    if (other) disagreeing.set(name, [counts, other]);
    const different = definitions.filter(({ field }) => !isSame(field, counts.field));
    if (different.length === 0) return counts.field;
    elsewhere[name] = different.map(({ entry }) => `${entry.template_id}/${entry.internal_version}`);
    return { ...counts.field, property: { ...counts.field.property!, isElsewhere: true } };
  });
  return fieldsOf([...jobFields, ...fields], disagreeing, elsewhere);
}

const propertiesOf = ({ tables }: PublishedTables): QueryField[] =>
  PropertyTables.of(tables).tables.flatMap(({ name: table, isRelated, properties }) =>
    properties.map(({ name, identifier, type }) => ({
      name: identifier,
      type: fieldTypes[type],
      per: isRelated ? ('row' as const) : ('job' as const),
      property: { table, name, dataType: type, isElsewhere: false },
    })),
  );

const isSame = (a: QueryField, b: QueryField): boolean =>
  a.per === b.per && a.property!.dataType === b.property!.dataType;

function fieldsOf(
  fields: readonly QueryField[],
  disagreeing: ReadonlyMap<string, readonly [Definition, Definition]>,
  elsewhere: QueryFields['elsewhere'],
): QueryFields {
  const list = fieldList(fields);
  const check = (place: string, { name }: QueryField): void => {
    const two = disagreeing.get(name);
    if (two) throw disagreement(place, name, ...two);
  };
  return {
    list,
    elsewhere,
    check,
    named(place, name) {
      const field = list.find(name);
      if (!field) throw unknown(place, name, list);
      check(place, field);
      return field;
    },
  };
}

const fieldsOfJobs = fieldsOf(jobFields, new Map(), {});

function unknown(place: string, name: string, list: FieldList): BadRequest {
  const nearest = list.nearest(name).join(', ');
  return new BadRequest('invalid-filter', `${place}: there is no field "${shown(name)}"; the nearest are ${nearest}`, {
    field: place,
    nearest,
  });
}

function disagreement(place: string, name: string, a: Definition, b: Definition): BadRequest {
  const as = ({ field, entry }: Definition) =>
    `${field.type}${field.per === 'row' ? ' in many rows' : ''} in "${entry.title}" (${entry.template_id})`;
  return new BadRequest(
    'invalid-filter',
    `${place}: ${name} is ${as(a)}, and ${as(b)}; give one of them another name and publish it`,
    { field: place, templates: [a, b].map(({ entry }) => entry.template_id).join(',') },
  );
}
