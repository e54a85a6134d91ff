/** GroupHeaderContentService: the table of contents. The order is the interface's. */
import type { EquipmentIcon, NoticeIcon, StepGroupCategory, StepGroupCategoryParams } from '#gen/group_headers_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as categories from './categories.ts';
import * as icons from './icons.ts';

export class GroupHeaderContentHandler implements Handler<'GroupHeaderContentService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  indexEquipment(call: Call, teamId: string): Promise<EquipmentIcon[]> {
    return icons.index(this.#store, call, 'EQUIPMENT', teamId);
  }

  indexNoticeIcons(call: Call, teamId: string): Promise<NoticeIcon[]> {
    return icons.index(this.#store, call, 'NOTICE', teamId);
  }

  indexCategories(call: Call, teamId: string): Promise<StepGroupCategory[]> {
    return categories.index(this.#store, call, teamId);
  }

  createCategory(call: Call, teamId: string, params: StepGroupCategoryParams): Promise<StepGroupCategory> {
    return categories.create(this.#store, call, teamId, params);
  }

  updateCategory(
    call: Call,
    teamId: string,
    categoryId: string,
    params: StepGroupCategoryParams,
  ): Promise<StepGroupCategory> {
    return categories.update(this.#store, call, teamId, categoryId, params);
  }

  getCategory(call: Call, teamId: string, categoryId: string): Promise<StepGroupCategory> {
    return categories.get(this.#store, call, teamId, categoryId);
  }

  archiveCategory(call: Call, teamId: string, categoryId: string): Promise<void> {
    return categories.archive(this.#store, call, teamId, categoryId);
  }

  unarchiveCategory(call: Call, teamId: string, categoryId: string): Promise<void> {
    return categories.unarchive(this.#store, call, teamId, categoryId);
  }

  createEquipment(call: Call, teamId: string, documentId: string, descrip: string): Promise<EquipmentIcon> {
    return icons.create(this.#store, call, 'EQUIPMENT', teamId, documentId, descrip);
  }

  createNoticeIcon(call: Call, teamId: string, documentId: string, descrip: string): Promise<NoticeIcon> {
    return icons.create(this.#store, call, 'NOTICE', teamId, documentId, descrip);
  }
}
