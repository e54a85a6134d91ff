/** DataSheetService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import type {
  DataSheet,
  DataSheetAction,
  DataSheetDefinition,
  DataSheetDefinitionAction,
  DataSheetOptions,
  DataSheetQueryResult,
  DataSheetSet,
  DataSheetSetOptions,
  DataSheetSetQueryResult,
  DataSheetSetSelectOptions,
} from '#gen/data_sheet_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as edits from './edits.ts';
import * as sets from './sets.ts';

export class DataSheetHandler implements Handler<'DataSheetService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  querySets(
    call: Call,
    teamId: string,
    opts: DataSheetSetOptions,
    selectOpts: DataSheetSetSelectOptions,
  ): Promise<DataSheetSetQueryResult> {
    return sets.querySets(this.#store, call, teamId, opts, selectOpts);
  }

  createSet(call: Call, teamId: string, dsSet: DataSheetSet, attributes: AbacAttribute[]): Promise<DataSheetSet> {
    return sets.createSet(this.#store, call, teamId, dsSet, attributes);
  }

  updateSet(call: Call, dsSetId: string, dsSet: DataSheetSet): Promise<DataSheetSet> {
    return sets.updateSet(this.#store, call, dsSetId, dsSet);
  }

  getSet(call: Call, dsSetId: string, selectOpts: DataSheetSetSelectOptions): Promise<DataSheetSet> {
    return sets.getSet(this.#store, call, dsSetId, selectOpts);
  }

  archiveSet(call: Call, dsSetId: string): Promise<DataSheetSet> {
    return sets.archiveSet(this.#store, call, dsSetId);
  }

  unarchiveSet(call: Call, dsSetId: string): Promise<DataSheetSet> {
    return sets.unarchiveSet(this.#store, call, dsSetId);
  }

  definitionOps(call: Call, dsSetId: string, defActions: DataSheetDefinitionAction[]): Promise<DataSheetDefinition[]> {
    return edits.definitionOps(this.#store, call, dsSetId, defActions);
  }

  sheetOps(call: Call, dsSetId: string, sheetActions: DataSheetAction[]): Promise<DataSheet[]> {
    return edits.sheetOps(this.#store, call, dsSetId, sheetActions);
  }

  querySheets(call: Call, dsSetId: string, opts: DataSheetOptions): Promise<DataSheetQueryResult> {
    return edits.querySheets(this.#store, call, dsSetId, opts);
  }

  updateAttribute(
    call: Call,
    templateSetId: string,
    attributeId: string,
    values: AbacAttributeValue[],
    behave: AbacUploadBehaviour,
  ): Promise<AbacAttribute[]> {
    return sets.updateAttribute(this.#store, call, templateSetId, attributeId, values, behave);
  }
}
