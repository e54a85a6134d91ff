/** TagService: the table of contents. The order is the interface's. */
import type { Tag } from '#gen/tag_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as tags from './tags.ts';

export class TagHandler implements Handler<'TagService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  index(call: Call, teamId: string): Promise<Tag[]> {
    return tags.index(this.#store, call, teamId);
  }

  get(call: Call, tagId: string): Promise<Tag> {
    return tags.get(this.#store, call, tagId);
  }

  create(call: Call, name: string, teamId: string): Promise<Tag> {
    return tags.create(this.#store, call, name, teamId);
  }

  update(call: Call, tagId: string, name: string): Promise<void> {
    return tags.update(this.#store, call, tagId, name);
  }
}
