/**
 * Edits of a data sheet set: a list of actions, applied in their order in memory, all of them or none, and then written in bulk. Whoever
 * edits a set keeps its row, so that names stay unique in it and places follow each other.
 */

import { MAX_DESCRIPTION_LENGTH } from '#gen/common_types';
import { type DataSheetValue, DefinitionType } from '#gen/data_sheet_types';
import { BadRequest, NoChange, NotFound } from '../base/errors.ts';
import { sameName } from '../base/text.ts';
import { bounded } from '../domain/limits.ts';
import type { CellRow, DefinitionRow, SetRow, SheetRow } from '../store/sheets.ts';
import type { Act } from './act.ts';

type Cell = Omit<CellRow, 'team_id' | 'set_id'>;

/** What can be written of a sheet; values by definition. */
export interface SheetContent {
  readonly name: string;
  readonly descrip: string;
  readonly values: ReadonlyMap<string, DataSheetValue>;
}

/** What can be written of a definition; values by sheet. */
export interface DefinitionContent {
  readonly name: string;
  /** From 0; -1 for the end. */
  readonly position: number;
  readonly typ: DefinitionType;
  readonly values: ReadonlyMap<string, DataSheetValue>;
}

/** A thing of a set that has a name and can be archived. */
type Thing = SheetRow | DefinitionRow;

/** Everything that an edit has to look at, and what it has changed so far. */
abstract class Edit<T extends Thing> {
  readonly act: Act;
  readonly set: SetRow;
  readonly changed = new Map<string, T>();
  readonly cells = new Map<string, Cell>();
  protected readonly things: Map<string, T>;

  constructor(act: Act, set: SetRow, things: readonly T[]) {
    this.act = act;
    this.set = set;
    this.things = new Map(things.map(thing => [this.idOf(thing), thing]));
  }

  protected abstract idOf(thing: T): string;
  protected abstract notFound(id: string): NotFound;

  /** @throws NotFound (404) */
  get(id: string): T {
    const thing = this.changed.get(id) ?? this.things.get(id);
    if (thing) return thing;
    throw this.notFound(id);
  }

  archive(id: string): T {
    const thing = this.get(id);
    if (thing.archived_at !== null) throw new NoChange('already-archived', `"${thing.name}" is archived already`);
    return this.put({ ...thing, archived_at: this.act.now });
  }

  unarchive(id: string): T {
    const thing = this.get(id);
    if (thing.archived_at === null) throw new NoChange('not-archived', `"${thing.name}" is not archived`);
    return this.put({ ...thing, archived_at: null });
  }

  protected put(thing: T): T {
    const changed = { ...thing, updated_at: this.act.now };
    this.changed.set(this.idOf(thing), changed);
    return changed;
  }

  /** @throws BadRequest (400) when another of the set has the name */
  protected refuseTaken(name: string, ownId: string): void {
    const key = sameName(name);
    const all = new Map([...this.things, ...this.changed]);
    const taken = [...all.values()].find(other => other.name_key === key && this.idOf(other) !== ownId);
    if (!taken) return;
    throw new BadRequest(
      'duplicate-name',
      `name: the set has "${taken.name}" (${this.idOf(taken)}) already; use that one, or choose another name`,
      { name: taken.name, id: this.idOf(taken) },
    );
  }

  protected putCell(sheetId: string, definition: DefinitionRow, value: DataSheetValue): void {
    const cell = { sheet_id: sheetId, definition_id: definition.definition_id, ...cellOf(definition, value) };
    this.cells.set(`${sheetId} ${definition.definition_id}`, cell);
  }
}

export class SheetsEdit extends Edit<SheetRow> {
  readonly #definitions: ReadonlyMap<string, DefinitionRow>;

  constructor(act: Act, set: SetRow, sheets: readonly SheetRow[], definitions: readonly DefinitionRow[]) {
    super(act, set, sheets);
    this.#definitions = new Map(definitions.map(row => [row.definition_id, row]));
  }

  add({ name, descrip, values }: SheetContent): SheetRow {
    const { team_id, set_id } = this.set;
    const sheet_id = this.act.ids.next();
    this.refuseTaken(name, sheet_id);
    const dates = { created_at: this.act.now, updated_at: this.act.now, archived_at: null };
    const row = { team_id, set_id, sheet_id, name, name_key: sameName(name), descrip, ...dates, author_id: '' };
    return this.#written(row, values);
  }

  update(id: string, { name, descrip, values }: SheetContent): SheetRow {
    const sheet = this.get(id);
    this.refuseTaken(name, id);
    return this.#written({ ...sheet, name, name_key: sameName(name), descrip }, values);
  }

  protected override put(sheet: SheetRow): SheetRow {
    return super.put({ ...sheet, author_id: this.act.caller.userId });
  }

  #written(sheet: SheetRow, values: ReadonlyMap<string, DataSheetValue>): SheetRow {
    for (const [definitionId, value] of values) {
      const definition = this.#definitions.get(definitionId);
      if (!definition) throw definitionNotFound(definitionId);
      this.putCell(sheet.sheet_id, definition, value);
    }
    return this.put(sheet);
  }

  protected idOf({ sheet_id }: SheetRow): string {
    return sheet_id;
  }

  protected notFound(id: string): NotFound {
    return sheetNotFound(id);
  }
}

export class DefinitionsEdit extends Edit<DefinitionRow> {
  readonly #sheetIds: ReadonlySet<string>;

  /** @param sheetIds those that exist of the sheets that values are for */
  constructor(act: Act, set: SetRow, definitions: readonly DefinitionRow[], sheetIds: ReadonlySet<string>) {
    super(act, set, definitions);
    this.#sheetIds = sheetIds;
  }

  add({ name, position, typ, values }: DefinitionContent): DefinitionRow {
    const { team_id, set_id } = this.set;
    const definition_id = this.act.ids.next();
    this.refuseTaken(name, definition_id);
    const dates = { created_at: this.act.now, updated_at: this.act.now, archived_at: null };
    const row = {
      team_id,
      set_id,
      definition_id,
      name,
      name_key: sameName(name),
      ordinal: this.#order().length,
      typ,
      ...dates,
    };
    return this.#written(row, position, values);
  }

  update(id: string, { name, position, typ, values }: DefinitionContent): DefinitionRow {
    const definition = this.get(id);
    this.refuseTaken(name, id);
    if (typ !== definition.typ) {
      throw new BadRequest(
        'invalid-argument',
        `type: ${DefinitionType[typ] ?? typ}, but "${definition.name}" is of the type ${DefinitionType[definition.typ]}; a type never changes`,
      );
    }
    return this.#written({ ...definition, name, name_key: sameName(name) }, position, values);
  }

  #written(definition: DefinitionRow, position: number, values: ReadonlyMap<string, DataSheetValue>): DefinitionRow {
    for (const [sheetId, value] of values) {
      if (!this.#sheetIds.has(sheetId)) throw sheetNotFound(sheetId);
      this.putCell(sheetId, definition, value);
    }
    this.put(definition);
    this.#place(definition.definition_id, position);
    return this.get(definition.definition_id);
  }

  /** Those between the old place and the new one move by one. */
  #place(id: string, position: number): void {
    const others = this.#order().filter(row => row.definition_id !== id);
    if (position < -1 || position > others.length) {
      throw new BadRequest(
        'invalid-position',
        `position: ${position} is out of range; right would be 0 to ${others.length}, or -1 for the end`,
        { position: String(position), most: String(others.length) },
      );
    }
    others.splice(position === -1 ? others.length : position, 0, this.get(id));
    for (const [ordinal, row] of others.entries())
      if (row.ordinal !== ordinal) this.changed.set(row.definition_id, { ...row, ordinal });
  }

  #order(): DefinitionRow[] {
    return [...new Map([...this.things, ...this.changed]).values()].sort((a, b) => a.ordinal - b.ordinal);
  }

  protected idOf({ definition_id }: DefinitionRow): string {
    return definition_id;
  }

  protected notFound(id: string): NotFound {
    return definitionNotFound(id);
  }
}

const MOST_DIGITS = 15;

/** A value as a row keeps it. @throws BadRequest (400) for one that does not fit the definition */
function cellOf({ name, typ }: DefinitionRow, value: DataSheetValue): Pick<Cell, 'text' | 'number' | 'digits'> {
  const nothing = { text: null, number: null, digits: null };
  if (value.nullValue != null) return nothing;
  if (typ === DefinitionType.TEXT && value.text != null)
    return { ...nothing, text: bounded(`value of "${name}"`, value.text, MAX_DESCRIPTION_LENGTH) };
  if (typ === DefinitionType.NUMBER && value.number != null) {
    const { number, precision } = value.number;
    if (Number.isFinite(number) && precision >= 0 && precision <= MOST_DIGITS)
      return { ...nothing, number, digits: precision };
    throw new BadRequest(
      'invalid-argument',
      `value of "${name}": ${number} with ${precision} digits; expected a finite number with 0 to ${MOST_DIGITS} digits`,
    );
  }
  throw new BadRequest(
    'invalid-argument',
    `value of "${name}": expected a ${DefinitionType[typ]!.toLowerCase()}, or none`,
  );
}

const sheetNotFound = (sheetId: string): NotFound =>
  new NotFound('data-sheet-not-found', `the set has no sheet ${sheetId}; querySheets lists them`, { sheetId });

const definitionNotFound = (definitionId: string): NotFound =>
  new NotFound('data-sheet-definition-not-found', `the set has no definition ${definitionId}; getSet lists them`, {
    definitionId,
  });
