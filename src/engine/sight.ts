/** What the way of a job depends on beside its steps: the values that conditions and texts ask for, and the users that paths name. */
import type { BaseStep } from '#gen/step_types';
import {
  evaluateFilter,
  type Field,
  type FieldList,
  type Filter,
  type FilterContext,
  fieldList,
  jobFields,
  namedUsers,
  parseFilter,
  pathFields,
} from '../domain/filter/filter.ts';
import { PropertyTables } from '../domain/properties/tables.ts';
import { filledIn, namesIn, type TextForm, valueText } from '../domain/references-in-texts.ts';
import { walk } from '../domain/tree.ts';
import type { Reader } from '../store/database.ts';
import type { JobRow, JobStepRow } from '../store/jobs.ts';
import type { PropertyRow } from '../store/properties.ts';
import type { Act } from './act.ts';
import { fieldValues, propertyFields, propertyTexts, propertyValues, stepValues } from './job-values.ts';

export interface Sight {
  /**
   * Whether a condition holds.
   * @param left the step that is left, for the conditions of its paths
   */
  holds(condition: string, job: JobRow, current: readonly JobStepRow[], left?: JobStepRow): boolean;
  /** The text with what it refers to put in. @param further names beside those of fields and properties, with their values */
  filled(text: string, form: TextForm, job: JobRow, further?: Readonly<Record<string, string>>): string;
  /** The id of the user with this id or e-mail address; undefined when none works in the team any more. */
  userNamed(name: string): string | undefined;
}

/** What a tree asks about: its conditions by their texts, and the users that it names by e-mail address or in paths. */
interface Asked {
  readonly filters: ReadonlyMap<string, Filter>;
  readonly users: readonly string[];
  /** What its texts may refer to. */
  readonly fields: FieldList;
}

/** What conditions of steps and groups may name, and those of paths. */
export interface ConditionFields {
  readonly ofSteps: FieldList;
  readonly ofPaths: FieldList;
}

export function conditionFields(tables: PropertyTables): ConditionFields {
  const properties = propertyFields(tables);
  return properties.length === 0 ? withoutProperties : fieldsWith(properties);
}

const fieldsWith = (properties: readonly Field[]): ConditionFields => ({
  ofSteps: fieldList([...jobFields, ...properties]),
  ofPaths: fieldList([...jobFields, ...properties, ...pathFields]),
});

/** What most templates have: none. */
const withoutProperties = fieldsWith([]);

/** The property tables of an entry as JSON, and the rows that a job has of them. */
export interface JobProperties {
  readonly tables: string | null;
  readonly rows: readonly PropertyRow[];
}

const NO_PROPERTIES: JobProperties = { tables: null, rows: [] };

/**
 * @param known the properties of a job that is not written yet
 * @returns what the job of this tree sees. No statement where the tree asks nothing, else one for each kind of thing asked
 */
export async function sightOf(
  reader: Reader,
  act: Act,
  job: JobRow,
  root: BaseStep,
  known?: JobProperties,
): Promise<Sight> {
  const hasProperties = known === undefined && job.has_properties === 1 && asksForProperties(root);
  const properties = hasProperties ? await reader.properties.ofJob(job) : (known ?? NO_PROPERTIES);
  const { filters, users, fields } = askedBy(root, properties.tables);
  const members = users.length === 0 ? [] : await reader.people.membersNamed(job.team_id, users);
  const byName = new Map(members.flatMap(({ user_id, email }) => [user_id, email].map(name => [name, user_id])));
  const context: FilterContext = { now: act.now, callerId: act.caller.userId || null, users: byName };
  const tables = PropertyTables.of(properties.tables);
  const ofProperties = propertyValues(tables, properties.rows);
  return {
    holds(condition, job, current, left) {
      const values = { ...fieldValues(job), ...ofProperties, response: left?.response, result: left?.result };
      return evaluateFilter(filters.get(condition)!, { values, steps: current.map(stepValues) }, context);
    },
    filled: filling(tables, properties.rows, fields),
    userNamed: name => byName.get(name) ?? byName.get(name.toLowerCase()),
  };
}

/** How the texts of a job are filled in. */
export const fillingOf = ({ tables, rows }: JobProperties): Sight['filled'] =>
  filling(PropertyTables.of(tables), rows, conditionFields(PropertyTables.of(tables)).ofSteps);

function filling(tables: PropertyTables, rows: readonly PropertyRow[], fields: FieldList): Sight['filled'] {
  const texts = propertyTexts(tables, rows);
  const textOf = (name: string, job: JobRow): string => {
    const field = fields.find(name);
    return field ? (texts.get(field.name) ?? valueText(field.type, fieldValues(job)[field.name])) : '';
  };
  return (text, form, job, further = {}) =>
    filledIn(text, form, name => (Object.hasOwn(further, name) ? further[name]! : textOf(name, job)));
}

/** By tree and, since a tree can be that of several entries, by their property tables. */
const asked = new WeakMap<BaseStep, Map<string | null, Asked>>();

function askedBy(root: BaseStep, tables: string | null): Asked {
  const ofTree = asked.get(root) ?? new Map<string | null, Asked>();
  asked.set(root, ofTree);
  const found = ofTree.get(tables) ?? questions(root, conditionFields(PropertyTables.of(tables)));
  ofTree.set(tables, found);
  return found;
}

function questions(root: BaseStep, fields: ConditionFields): Asked {
  const filters = new Map<string, Filter>();
  const users = new Set<string>();
  for (const { step } of walk(root)) {
    const { condition, paths } = step.flow ?? {};
    if (condition) filters.set(condition, parseFilter(condition, fields.ofSteps, 'condition'));
    for (const { condition, assignedTo } of paths ?? []) {
      if (condition) filters.set(condition, parseFilter(condition, fields.ofPaths, 'condition'));
      if (assignedTo) for (const name of [assignedTo, assignedTo.toLowerCase()]) users.add(name);
    }
  }
  for (const filter of filters.values()) for (const name of namedUsers(filter)) users.add(name);
  return { filters, users: [...users], fields: fields.ofSteps };
}

const askers = new WeakMap<BaseStep, boolean>();

/** Whether a step, a group or a path of the tree has a condition, or a text refers to a property. */
function asksForProperties(root: BaseStep): boolean {
  const known =
    askers.get(root) ??
    walk(root).some(
      ({ step: { flow } }) =>
        flow?.condition ||
        flow?.paths?.some(path => path.condition) ||
        namesIn(JSON.stringify(flow?.action ?? {})).some(name => name.includes('.')),
    );
  askers.set(root, known);
  return known;
}
