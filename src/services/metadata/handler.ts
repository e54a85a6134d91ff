/** MetadataService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { ListOptionParams, Metadata, Owner } from '#gen/metadata_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as definitions from './definitions.ts';
import * as options from './options.ts';

export class MetadataHandler implements Handler<'MetadataService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  addMetadata(call: Call, metadata: Metadata[], teamId: string): Promise<Metadata[]> {
    return definitions.addAll(this.#store, call, teamId, metadata);
  }

  getMetadata(call: Call, teamId: string, owner: Owner): Promise<Metadata[]> {
    return definitions.index(this.#store, call, teamId, owner, { archived: false, externallyManaged: false });
  }

  add(call: Call, teamId: string, metadata: Metadata): Promise<Metadata> {
    return definitions.add(this.#store, call, teamId, metadata);
  }

  index(
    call: Call,
    teamId: string,
    owner: Owner,
    includeArchived: boolean,
    includeExternallyManaged: boolean,
  ): Promise<Metadata[]> {
    const included = { archived: includeArchived, externallyManaged: includeExternallyManaged };
    return definitions.index(this.#store, call, teamId, owner, included);
  }

  get(call: Call, teamId: string, id: string): Promise<Metadata> {
    return definitions.get(this.#store, call, teamId, id);
  }

  update(call: Call, teamId: string, metadata: Metadata): Promise<void> {
    return definitions.update(this.#store, call, teamId, metadata);
  }

  updateListAdd(
    call: Call,
    teamId: string,
    metadataId: string,
    values: string[],
    params: ListOptionParams,
  ): Promise<string[]> {
    return options.add(this.#store, call, { teamId, metadataId }, values, params);
  }

  updateListRemove(call: Call, teamId: string, metadataId: string, valueIds: string[]): Promise<void> {
    return options.remove(this.#store, call, { teamId, metadataId }, valueIds);
  }

  updateListUpdate(
    call: Call,
    teamId: string,
    metadataId: string,
    valueIds: string[],
    params: ListOptionParams[],
  ): Promise<void> {
    return options.update(this.#store, call, { teamId, metadataId }, valueIds, params);
  }

  updateListMerge(
    call: Call,
    teamId: string,
    metadataId: string,
    valueIds: string[],
    mergedValueId: string,
  ): Promise<void> {
    return options.merge(this.#store, call, { teamId, metadataId }, valueIds, mergedValueId);
  }

  archive(call: Call, teamId: string, id: string): Promise<void> {
    return definitions.archive(this.#store, call, teamId, id);
  }
}
