/**
 * Values of metadata as pure rules: what a definition lets a value be, and what an option of a list means once options were
 * removed and merged.
 *
 * Content that never changes keeps the option ids that it was written with, so no option leaves the record:
 *
 *   in the list -- removed --> on record: cannot be chosen, still shows its text
 *   in the list, or removed -- merged into one that is in the list --> reads as that one, and as what that becomes later
 *
 * Who is merged was never merged before, and into whom was not either: merges make chains, and no circles.
 */
import { MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import type { MetadataValue, Range } from '#gen/metadata_types';
import { MetadataType } from '#gen/metadata_types';
import { BadRequest } from '../base/errors.ts';
import { sameName } from '../base/text.ts';
import { bounded } from './limits.ts';

/** An option as it is on record. */
export interface ListOption {
  readonly id: string;
  readonly text: string;
  /** From 0; null when it is not in the list any more. */
  readonly place: number | null;
  /** Id of the option that it was merged into; null when it was not. */
  readonly mergedInto: string | null;
}

/** By id. */
export type OptionsOnRecord = ReadonlyMap<string, ListOption>;

/** What a definition says of its values. */
export interface ValueRules {
  readonly type: MetadataType;
  readonly range: Range | undefined;
  /** Empty when the type has none. */
  readonly options: OptionsOnRecord;
}

export const hasOptions = (type: MetadataType): boolean =>
  type === MetadataType.LIST || type === MetadataType.MULTI_SELECT_LIST;

/** What an id stands for now: itself, or the last of the options that it was merged into. */
export function resolvedOption(options: OptionsOnRecord, id: string): ListOption | undefined {
  let option = options.get(id);
  while (option && option.mergedInto !== null) option = options.get(option.mergedInto);
  return option;
}

export const optionText = (options: OptionsOnRecord, id: string): string | undefined =>
  resolvedOption(options, id)?.text;

/** The options that a value names by their ids. */
export const optionIds = (value: MetadataValue | undefined): readonly string[] =>
  value?.listValueId != null ? [value.listValueId] : (value?.selectedListValueIds?.valueIds ?? []);

/**
 * A value as it is stored: options by their ids, each once and sorted, as what they were merged into.
 * @throws BadRequest (400) for a value of another type, beyond the limits, or with an option that cannot be chosen
 */
export function checkedValue(field: string, value: MetadataValue, { type, range, options }: ValueRules): MetadataValue {
  const { text, number, date, listValue, listValueId, selectedListValues, selectedListValueIds } = value;
  if (type === MetadataType.TEXT && text != null) return { text: bounded(field, text, MAX_DESCRIPTION_LENGTH) };
  if (type === MetadataType.NUMBER && number != null) return { number: within(field, number, range) };
  if (type === MetadataType.DATE && date != null) return { date };
  if (type === MetadataType.LIST) {
    if (listValue != null) return { listValueId: chosen(field, byText(options), [listValue])[0]! };
    if (listValueId != null) return { listValueId: chosen(field, byId(options), [listValueId])[0]! };
  }
  if (type === MetadataType.MULTI_SELECT_LIST) {
    if (selectedListValues != null)
      return { selectedListValueIds: { valueIds: chosen(field, byText(options), selectedListValues.values) } };
    if (selectedListValueIds != null)
      return { selectedListValueIds: { valueIds: chosen(field, byId(options), selectedListValueIds.valueIds) } };
  }
  const [member] = Object.entries(value).flatMap(([name, set]) => (set == null ? [] : [name]));
  throw new BadRequest(
    'invalid-argument',
    `${field}: has ${member}; a value of type ${MetadataType[type]} has ${membersOf[type]}`,
    { field, type: MetadataType[type] },
  );
}

const membersOf: Readonly<Record<MetadataType, string>> = {
  [MetadataType.TEXT]: 'text',
  [MetadataType.NUMBER]: 'number',
  [MetadataType.LIST]: 'listValue or listValueId',
  [MetadataType.MULTI_SELECT_LIST]: 'selectedListValues or selectedListValueIds',
  [MetadataType.DATE]: 'date',
};

function within(field: string, number: number, range: Range | undefined): number {
  const { range_start: start, range_end: end } = range ?? {};
  if ((start ?? number) <= number && number <= (end ?? number)) return positiveZero(number);
  throw new BadRequest(
    'invalid-argument',
    `${field}: ${number} is out of range; right would be ${start ?? 'anything'} to ${end ?? 'anything'}`,
    { field, found: String(number) },
  );
}

/** -0 as 0: JSON, in which rows keep numbers, knows one zero. */
export const positiveZero = (number: number): number => number + 0;

/** @throws BadRequest (400) when the range holds no number */
export function checkedRange(field: string, { range_start: start, range_end: end }: Range): Range {
  if (start != null && end != null && start > end)
    throw new BadRequest('invalid-argument', `${field}: starts at ${start} and ends at ${end}, before its start`, {
      field,
      range_start: String(start),
      range_end: String(end),
    });
  return {
    ...(start != null && { range_start: positiveZero(start) }),
    ...(end != null && { range_end: positiveZero(end) }),
  };
}

type Find = (wanted: string) => ListOption | undefined;

const byId =
  (options: OptionsOnRecord): Find =>
  id =>
    resolvedOption(options, id);

function byText(options: OptionsOnRecord): Find {
  const inList = [...options.values()].filter(({ place }) => place !== null);
  const byKey = new Map(inList.map(option => [sameName(option.text), option]));
  return text => byKey.get(sameName(text));
}

/** @returns ids, each once and sorted. @throws BadRequest (400) */
function chosen(field: string, find: Find, wanted: readonly string[]): string[] {
  const ids = wanted.map(text => {
    const option = find(text);
    if (option && option.place !== null) return option.id;
    const found = option ? `"${option.text}" (${option.id}) was taken out of the list` : 'the list has no such option';
    const named = text.slice(0, 100);
    throw new BadRequest('invalid-argument', `${field}: "${named}"; ${found}; choose another`, {
      field,
      option: named,
    });
  });
  return [...new Set(ids)].sort();
}

/** What is left of a value that was checked, after its list was edited; undefined when none of its options is. */
export function remaining(value: MetadataValue, options: OptionsOnRecord): MetadataValue | undefined {
  const before = optionIds(value);
  if (before.length === 0) return value;
  const left = before.flatMap(id => resolvedOption(options, id) ?? []).filter(({ place }) => place !== null);
  const valueIds = [...new Set(left.map(({ id }) => id))].sort();
  if (valueIds.length === 0) return undefined;
  return value.listValueId != null ? { listValueId: valueIds[0]! } : { selectedListValueIds: { valueIds } };
}
