/** AbacService: the table of contents. The order is the interface's. */
import type { AbacAttribute, AbacResolutionRequest } from '#gen/abac_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as attributes from './attributes.ts';
import { resolve } from './resolve.ts';

export class AbacHandler implements Handler<'AbacService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  resolve(call: Call, requests: { [key: string]: AbacResolutionRequest }): Promise<{ [key: string]: boolean }> {
    return resolve(this.#store, call, requests);
  }

  updateAttributes(call: Call, teamId: string, sent: AbacAttribute[]): Promise<AbacAttribute[]> {
    return attributes.updateAttributes(this.#store, call, teamId, sent);
  }

  getAttributes(call: Call, teamId: string): Promise<AbacAttribute[]> {
    return attributes.getAttributes(this.#store, call, teamId);
  }
}
