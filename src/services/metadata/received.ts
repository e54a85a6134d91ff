/** Definitions as clients send them, checked and made ready to be stored. What the server fills is not looked at. */
import { MAX_LIST_OPTION_LENGTH } from '#gen/common_types';
import type { ListOptions, Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import { BadRequest } from '../../base/errors.ts';
import { sameName } from '../../base/text.ts';
import {
  checkedRange,
  checkedValue,
  hasOptions,
  type OptionsOnRecord,
  positiveZero,
  type ValueRules,
} from '../../domain/metadata.ts';
import { listed, newList, refuseTooMany } from '../../domain/option-list.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { bytesOf } from './wire.ts';

/** A definition and the options of its list. */
export interface Definition {
  readonly row: Row<'metadata_definitions'>;
  /** Empty when the type has none. */
  readonly options: OptionsOnRecord;
}

/** A new definition. @throws BadRequest (400); NotFound (404) for a default that is no option */
export function newDefinition(call: Call, teamId: string, field: string, sent: Metadata): Definition {
  const { type, owner } = sent;
  if (type == null)
    throw new BadRequest('invalid-argument', `${field}.type: missing; it is required`, { field: `${field}.type` });
  const options = newOptions(call, `${field}.constraints.listOptions`, type, sent.constraints?.listOptions);
  const row = {
    team_id: teamId,
    metadata_id: call.ids.next(),
    type,
    owner,
    ...written(field, sent, { type, options }),
    externally_managed: 0,
    bytes: 0,
    created_at: call.now,
    updated_at: call.now,
    archived_at: null,
  };
  return { row: { ...row, bytes: bytesOf(row, listed(options)) }, options };
}

/** The definition's row with what update writes. @throws BadRequest (400), NotFound (404) */
export function editedRow({ row, options }: Definition, sent: Metadata, now: number): Row<'metadata_definitions'> {
  refuseOther('metadata.type', MetadataType, sent.type ?? row.type, row.type);
  refuseOther('metadata.owner', Owner, sent.owner, row.owner);
  const kept = row.default_value === null || sent.clearDefault ? {} : { defaultValue: JSON.parse(row.default_value) };
  const { type } = row;
  const edited = { ...row, ...written('metadata', { ...kept, ...sent }, { type, options }), updated_at: now };
  return { ...edited, bytes: bytesOf(edited, listed(options)) };
}

/** The text of an option. @throws BadRequest (400) */
export const optionText = (field: string, text: string): string => checks.name(field, text, MAX_LIST_OPTION_LENGTH);

/** The texts of new options. @throws BadRequest (400), before it looks at any, when they are more than a list can have */
export function optionTexts(field: string, texts: readonly string[]): string[] {
  refuseTooMany(field, texts.length);
  return texts.map((text, index) => optionText(`${field}[${index}]`, text));
}

/** The columns that add and update write. */
function written(field: string, sent: Metadata, rules: Omit<ValueRules, 'range'>) {
  if (sent.externallyManaged)
    throw new BadRequest(
      'invalid-argument',
      `${field}.externallyManaged: true; no client makes another system the owner; leave it unset`,
      { field: `${field}.externallyManaged` },
    );
  const key = checks.name(`${field}.key`, sent.key);
  const range = newRange(`${field}.constraints.range`, sent, rules.type);
  return {
    key,
    compared_key: sameName(key),
    range_start: range?.range_start ?? null,
    range_end: range?.range_end ?? null,
    is_required: sent.isRequired ? 1 : 0,
    position: sent.position == null ? null : positiveZero(sent.position),
    default_value: newDefault(`${field}.defaultValue`, sent, { ...rules, range }),
  };
}

function newOptions(call: Call, field: string, type: MetadataType, sent: ListOptions | undefined): OptionsOnRecord {
  if (!hasOptions(type)) {
    if (sent != null) throw contradiction(field, `only LIST and MULTI_SELECT_LIST have options, not ${typeName(type)}`);
    return new Map();
  }
  if (sent == null) throw contradiction(field, `missing; ${typeName(type)} needs it, if without options`);
  const texts = optionTexts(`${field}.options`, sent.options);
  return newList(
    `${field}.options`,
    texts.map(text => ({ id: call.ids.next(), text })),
  );
}

function newRange(field: string, { constraints }: Metadata, type: MetadataType) {
  if (constraints?.range == null) return undefined;
  if (type !== MetadataType.NUMBER) throw contradiction(field, `only NUMBER has a range, not ${typeName(type)}`);
  return checkedRange(field, constraints.range);
}

/** MetadataValue as JSON; null for none. */
function newDefault(field: string, { defaultValue, clearDefault }: Metadata, rules: ValueRules): string | null {
  if (defaultValue == null) return null;
  if (clearDefault) throw contradiction(field, 'set, and clearDefault is true; leave one of them out');
  return JSON.stringify(checkedValue(field, defaultValue, rules));
}

function refuseOther(field: string, names: Readonly<Record<number, string>>, sent: number, actual: number): void {
  if (sent === actual) return;
  const [wanted, expected] = [names[sent]!, names[actual]!];
  throw new BadRequest('invalid-argument', `${field}: ${wanted}; it cannot be changed from ${expected}`, {
    field,
    expected,
    actual: wanted,
  });
}

const typeName = (type: MetadataType): string => MetadataType[type];

const contradiction = (field: string, what: string): BadRequest =>
  new BadRequest('invalid-argument', `${field}: ${what}`, { field });
