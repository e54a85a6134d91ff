/**
 * Definitions as things: made, read, edited, archived. Members read them; adminBasic makes, edits and archives them. Writers of
 * one team wait for each other at the team's row: keys are unique, and number and size are counted, over several rows.
 */
import { MAX_METADATA_BYTES, MAX_METADATA_PER_TEAM } from '#gen/common_types';
import type { Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import { BadRequest } from '../../base/errors.ts';
import { hasOptions, optionIds } from '../../domain/metadata.ts';
import { listed } from '../../domain/option-list.ts';
import { requireMember, requirePrivilege } from '../../domain/privileges.ts';
import { audit, auditAll } from '../../engine/audit.ts';
import { toOption } from '../../engine/definitions.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { DefinitionFilter } from '../../store/metadata.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import { definition, editable, optionsOnRecord } from './access.ts';
import { type Definition, editedRow, newDefinition } from './received.ts';
import { optionRow, toMetadata } from './wire.ts';

type DefinitionRow = Row<'metadata_definitions'>;

export function addAll(store: Store, call: Call, teamId: string, sent: readonly Metadata[]): Promise<Metadata[]> {
  refuseTooMany('metadata', sent.length);
  const added = sent.map((metadata, index) => newDefinition(call, teamId, `metadata[${index}]`, metadata));
  refuseKeysTwice(added);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(tx => insert(tx, call, teamId, added, index => `metadata[${index}].key`));
}

export async function add(store: Store, call: Call, teamId: string, sent: Metadata): Promise<Metadata> {
  const added = newDefinition(call, teamId, 'metadata', sent);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  const [metadata] = await store.transact(tx => insert(tx, call, teamId, [added], () => 'metadata.key'));
  return metadata!;
}

export function index(
  store: Store,
  call: Call,
  teamId: string,
  owner: Owner,
  included: Omit<DefinitionFilter, 'owners'>,
): Promise<Metadata[]> {
  requireMember(call.caller, teamId);
  const owners = owner === Owner.ALL ? undefined : [owner, Owner.ALL];
  return store.read(async reader => {
    const rows = await reader.metadata.definitionsOf(teamId, { owners, ...included });
    return (await encoded(reader, teamId, rows)).sort(inOrder);
  });
}

export function get(store: Store, call: Call, teamId: string, metadataId: string): Promise<Metadata> {
  requireMember(call.caller, teamId);
  return store.read(async reader => {
    const [metadata] = await encoded(reader, teamId, [await definition(reader, teamId, metadataId)]);
    return metadata!;
  });
}

export function update(store: Store, call: Call, teamId: string, sent: Metadata): Promise<void> {
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    const before = await editable(tx, teamId, sent.id);
    const options = await optionsOnRecord(tx, before, optionIds(sent.defaultValue));
    const after = editedRow({ row: before, options }, sent, call.now);
    const changed = columnsChanged(before, after);
    if (changed.length === 0) return;
    await refuseTaken(tx, teamId, [after], () => 'metadata.key');
    await refuseTooLarge(tx, teamId, 'metadata', after.bytes - before.bytes);
    await tx.metadata.changeDefinition(teamId, sent.id, after);
    await audit(tx, call, teamId, 'metadata.updated', sent.id, {
      from: Object.fromEntries(changed.map(column => [column, before[column]])),
      to: Object.fromEntries(changed.map(column => [column, after[column]])),
    });
  });
}

export function archive(store: Store, call: Call, teamId: string, metadataId: string): Promise<void> {
  requirePrivilege(call.caller, teamId, 'adminBasic');
  return store.transact(async tx => {
    await tx.people.lockTeam(teamId);
    const { key } = await editable(tx, teamId, metadataId);
    const archived = { archived_at: call.now, updated_at: call.now, is_required: 0 };
    await tx.metadata.changeDefinition(teamId, metadataId, archived);
    await audit(tx, call, teamId, 'metadata.archived', metadataId, { key });
  });
}

/** @throws BadRequest (400) when the team's definitions would take more bytes, by so many, than they may */
export async function refuseTooLarge(tx: Transactor, teamId: string, field: string, growth: number): Promise<void> {
  if (growth <= 0) return;
  const { bytes } = await tx.metadata.size(teamId);
  refuseBytes(field, bytes + growth);
}

async function insert(
  tx: Transactor,
  call: Call,
  teamId: string,
  added: readonly Definition[],
  keyField: (index: number) => string,
): Promise<Metadata[]> {
  const rows = added.map(({ row }) => row);
  await tx.people.lockTeam(teamId);
  await refuseTaken(tx, teamId, rows, keyField);
  const { count, bytes } = await tx.metadata.size(teamId);
  refuseTooMany('teamId', count + rows.length);
  refuseBytes(
    'metadata',
    rows.reduce((sum, row) => sum + row.bytes, bytes),
  );
  await tx.metadata.insertDefinitions(rows);
  await tx.metadata.insertOptions(
    added.flatMap(({ row, options }) => [...options.values()].map(option => optionRow(row, option))),
  );
  await auditAll(tx, call, teamId, 'metadata.created', new Map(rows.map(row => [row.metadata_id, described(row)])));
  return added.map(({ row, options }) => toMetadata(row, listed(options)));
}

const described = ({ key, type, owner }: DefinitionRow) => ({ key, type: MetadataType[type], owner: Owner[owner] });

const overlap = (one: DefinitionRow, other: DefinitionRow): boolean =>
  one.owner === other.owner || one.owner === Owner.ALL || other.owner === Owner.ALL;

/** @throws BadRequest (400) when a definition that overlaps one of these has its key */
async function refuseTaken(
  tx: Transactor,
  teamId: string,
  rows: readonly DefinitionRow[],
  keyField: (index: number) => string,
): Promise<void> {
  const keys = rows.map(row => row.compared_key);
  const named = Map.groupBy(await tx.metadata.definitionsNamed(teamId, keys), row => row.compared_key);
  for (const [index, row] of rows.entries()) {
    const taken = named
      .get(row.compared_key)
      ?.find(other => other.metadata_id !== row.metadata_id && overlap(row, other));
    if (!taken) continue;
    throw new BadRequest(
      'duplicate-name',
      `${keyField(index)}: the team has the definition "${taken.key}" (${taken.metadata_id}) for owner ${Owner[taken.owner]} already; use that one, or choose another key`,
      { name: taken.key, metadataId: taken.metadata_id },
    );
  }
}

/** @throws BadRequest (400) when two definitions of one call would overlap */
function refuseKeysTwice(added: readonly Definition[]): void {
  const named = new Map<string, DefinitionRow[]>();
  for (const [index, { row }] of added.entries()) {
    const others = named.get(row.compared_key) ?? [];
    if (others.some(other => overlap(row, other)))
      throw new BadRequest(
        'duplicate-name',
        `metadata[${index}].key: "${row.key}" stands in front of it too, for the same owner; leave one out, or choose another key`,
        { name: row.key },
      );
    named.set(row.compared_key, [...others, row]);
  }
}

function refuseTooMany(field: string, found: number): void {
  if (found <= MAX_METADATA_PER_TEAM) return;
  throw new BadRequest(
    'limit-exceeded',
    `${field}: the team would have ${found} definitions, archived ones included; it may have ${MAX_METADATA_PER_TEAM}`,
    { limit: String(MAX_METADATA_PER_TEAM), found: String(found) },
  );
}

function refuseBytes(field: string, found: number): void {
  if (found <= MAX_METADATA_BYTES) return;
  throw new BadRequest(
    'limit-exceeded',
    `${field}: the team's definitions would take ${found} bytes; they may take ${MAX_METADATA_BYTES}; shorten lists and defaults`,
    { limit: String(MAX_METADATA_BYTES), found: String(found) },
  );
}

/** What an edit changed, but for what follows from it. */
const columnsChanged = (before: DefinitionRow, after: DefinitionRow): (keyof DefinitionRow)[] => {
  const derived: readonly string[] = ['compared_key', 'bytes', 'updated_at'];
  const columns = Object.keys(after) as (keyof DefinitionRow)[];
  return columns.filter(column => !derived.includes(column) && before[column] !== after[column]);
};

async function encoded(reader: Reader, teamId: string, rows: readonly DefinitionRow[]): Promise<Metadata[]> {
  const lists = rows.filter(({ type }) => hasOptions(type)).map(({ metadata_id }) => metadata_id);
  const options = lists.length > 0 ? await reader.metadata.listed(teamId, lists) : [];
  const byDefinition = Map.groupBy(options, option => option.metadata_id);
  return rows.map(row => toMetadata(row, (byDefinition.get(row.metadata_id) ?? []).map(toOption)));
}

/** By position, those without one last; then by key. */
const inOrder = (a: Metadata, b: Metadata): number => {
  const [place, other] = [a.position ?? Number.POSITIVE_INFINITY, b.position ?? Number.POSITIVE_INFINITY];
  if (place !== other) return place < other ? -1 : 1;
  return a.key.localeCompare(b.key) || (a.id < b.id ? -1 : 1);
};
