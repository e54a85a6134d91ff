/** Edits of a list of options. Each makes a new record from the old one; options that stay as they were stay the same objects. */
import { MAX_LIST_OPTIONS } from '#gen/common_types';
import type { ListOptionParams } from '#gen/metadata_types';
import { BadRequest, NotFound } from '../base/errors.ts';
import { sameName } from '../base/text.ts';
import { type ListOption, type OptionsOnRecord, resolvedOption } from './metadata.ts';

/** A new option. */
export interface NewOption {
  readonly id: string;
  readonly text: string;
}

/** An option to rename or to move. Texts are checked already. */
export interface OptionChange {
  readonly id: string;
  readonly params: ListOptionParams;
}

const NO_OPTIONS: OptionsOnRecord = new Map();

/** Those that can be chosen, in order. */
export const listed = (options: OptionsOnRecord): ListOption[] =>
  [...options.values()].filter(({ place }) => place !== null).sort((a, b) => a.place! - b.place!);

/** @throws BadRequest (400) */
export const newList = (field: string, options: readonly NewOption[]): OptionsOnRecord =>
  withAdded(NO_OPTIONS, field, options, {});

/** @throws BadRequest (400) for texts that are taken, too many options, and a place out of range */
export function withAdded(
  options: OptionsOnRecord,
  field: string,
  added: readonly NewOption[],
  params: ListOptionParams,
): OptionsOnRecord {
  const list = listed(options);
  const taken = new Map(list.map(option => [sameName(option.text), option]));
  const sent = new Set<string>();
  for (const [index, { text }] of added.entries()) {
    const key = sameName(text);
    const holder = taken.get(key);
    if (holder) throw textTaken(`${field}[${index}]`, holder);
    if (sent.has(key)) throw textTwice(`${field}[${index}]`, text);
    sent.add(key);
  }
  refuseTooMany(field, list.length + added.length);
  const fresh = added.map(option => ({ ...option, place: null, mergedInto: null }));
  return renumbered(options, placed(list, fresh, params, 'params'));
}

/** @throws BadRequest (400) when a list has more options than it may */
export function refuseTooMany(field: string, found: number): void {
  if (found <= MAX_LIST_OPTIONS) return;
  throw new BadRequest(
    'limit-exceeded',
    `${field}: the list would have ${found} options; it may have ${MAX_LIST_OPTIONS}`,
    { limit: String(MAX_LIST_OPTIONS), found: String(found) },
  );
}

/** Those that were removed before are passed over. @throws NotFound (404) */
export function withRemoved(options: OptionsOnRecord, ids: readonly string[]): OptionsOnRecord {
  const after = new Map(options);
  for (const id of ids) {
    const option = onRecord(options, 'valueIds', id);
    if (option.mergedInto !== null) throw mergedBefore(options, option);
    if (option.place !== null) after.set(id, { ...option, place: null });
  }
  return renumbered(after, listed(after));
}

/** Names first, so that two can swap theirs; then places, one after the other. @throws BadRequest (400), NotFound (404) */
export function withChanged(options: OptionsOnRecord, changes: readonly OptionChange[]): OptionsOnRecord {
  const renamed = new Map(options);
  for (const { id, params } of changes) {
    const option = inList(options, 'valueIds', id);
    if (params.name != null && params.name !== option.text) renamed.set(id, { ...option, text: params.name });
  }
  refuseTextsTwice(renamed, changes);
  let list = listed(renamed);
  for (const [index, { id, params }] of changes.entries()) {
    if (params.position == null && !params.alphabetical) continue;
    const others = list.filter(option => option.id !== id);
    list = placed(others, [renamed.get(id)!], params, `params[${index}]`);
  }
  return renumbered(renamed, list);
}

/** Those that have become the same option before are passed over. @throws BadRequest (400), NotFound (404) */
export function withMerged(options: OptionsOnRecord, ids: readonly string[], intoId: string): OptionsOnRecord {
  inList(options, 'mergedValueId', intoId);
  const after = new Map(options);
  for (const id of ids) {
    if (id === intoId)
      throw new BadRequest('invalid-argument', `valueIds: ${id} is mergedValueId too; leave it out of one of them`, {
        field: 'valueIds',
      });
    const option = onRecord(options, 'valueIds', id);
    if (option.mergedInto === null) after.set(id, { ...option, place: null, mergedInto: intoId });
    else if (resolvedOption(options, id)?.id !== intoId) throw mergedBefore(options, option);
  }
  return renumbered(after, listed(after));
}

const alphabet = new Intl.Collator('en');

/** @throws BadRequest (400) for a position that there is not */
function placed(
  others: readonly ListOption[],
  moved: readonly ListOption[],
  { position, alphabetical }: ListOptionParams,
  field: string,
): ListOption[] {
  if (alphabetical) return placedByAlphabet(others, moved);
  const at = position == null || position === -1 ? others.length : position;
  if (at >= 0 && at <= others.length) return [...others.slice(0, at), ...moved, ...others.slice(at)];
  throw new BadRequest(
    'invalid-position',
    `${field}.position: ${position} is out of range; right would be 0 to ${others.length}, or -1 for the end`,
    { position: String(position) },
  );
}

function placedByAlphabet(others: readonly ListOption[], moved: readonly ListOption[]): ListOption[] {
  const waiting = [...moved].sort((a, b) => alphabet.compare(a.text, b.text));
  const order: ListOption[] = [];
  let next = 0;
  for (const option of others) {
    while (next < waiting.length && alphabet.compare(waiting[next]!.text, option.text) < 0)
      order.push(waiting[next++]!);
    order.push(option);
  }
  return [...order, ...waiting.slice(next)];
}

/** The record with the list in this order. */
function renumbered(options: OptionsOnRecord, list: readonly ListOption[]): OptionsOnRecord {
  const after = new Map(options);
  for (const [place, option] of list.entries())
    after.set(option.id, option.place === place ? option : { ...option, place });
  return after;
}

/** @throws NotFound (404) */
function onRecord(options: OptionsOnRecord, field: string, id: string): ListOption {
  const option = options.get(id);
  if (option) return option;
  throw new NotFound(
    'list-option-not-found',
    `${field}: the list has no option ${id.slice(0, 100)}; get of the metadata service lists them`,
    { valueId: id.slice(0, 100) },
  );
}

/** @throws NotFound (404) */
function inList(options: OptionsOnRecord, field: string, id: string): ListOption {
  const option = onRecord(options, field, id);
  if (option.mergedInto !== null) throw mergedBefore(options, option);
  if (option.place !== null) return option;
  throw new NotFound(
    'list-option-not-found',
    `${field}: "${option.text}" (${id}) was taken out of the list; add it anew`,
    { valueId: id },
  );
}

function mergedBefore(options: OptionsOnRecord, { id, text, mergedInto }: ListOption): NotFound {
  const now = resolvedOption(options, id);
  const into = now ? `"${now.text}" (${now.id})` : mergedInto;
  return new NotFound('list-option-not-found', `valueIds: "${text}" (${id}) was merged into ${into}; name that one`, {
    valueId: id,
  });
}

function refuseTextsTwice(options: OptionsOnRecord, changes: readonly OptionChange[]): void {
  const holders = Map.groupBy(listed(options), ({ text }) => sameName(text));
  for (const [index, { id, params }] of changes.entries()) {
    if (params.name == null) continue;
    const other = holders.get(sameName(params.name))?.find(option => option.id !== id);
    if (other) throw textTaken(`params[${index}].name`, other);
  }
}

const textTaken = (field: string, { id, text }: ListOption): BadRequest =>
  new BadRequest(
    'duplicate-name',
    `${field}: the list has the option "${text}" (${id}) already; use that one, or choose another text`,
    { name: text, valueId: id },
  );

const textTwice = (field: string, text: string): BadRequest =>
  new BadRequest('duplicate-name', `${field}: "${text}" stands in front of it too, ignoring case; leave one out`, {
    name: text,
  });
