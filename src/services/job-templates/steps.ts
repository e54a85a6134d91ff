/** Edits of the step tree. */

import { MAX_TITLE_LENGTH } from '#gen/common_types';
import type { BaseStep } from '#gen/step_types';
import { bounded } from '../../domain/limits.ts';
import { refuseUnsupported } from '../../domain/procedure.ts';
import { received } from '../../domain/received.ts';
import { checkWhole, idsIn } from '../../domain/tree.ts';
import {
  moved,
  type Placement,
  type Seen,
  withChild,
  withCopy,
  withCopyOf,
  withoutChild,
} from '../../domain/tree-edits.ts';
import { editContent } from '../../engine/authoring.ts';
import { namedInTeam } from '../../engine/naming-content.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { TemplateRow } from '../../store/templates.ts';
import type { Call } from '../call.ts';
import { permitted } from './access.ts';

type Kind = Seen['kind'];
type To = Omit<Placement, 'replace'>;
type EditTree = (root: BaseStep, tx: Transactor, teamId: string) => BaseStep | Promise<BaseStep>;

/** How the functions answer: some with JobTemplate, some with JobTemplateModular. */
export type Encode<T> = (reader: Reader, call: Call, template: TemplateRow, root: BaseStep) => Promise<T>;

/** The edits, for the functions that answer in one way. */
export class StepEdits<T> {
  readonly #store: Store;
  readonly #encode: Encode<T>;

  constructor(store: Store, encode: Encode<T>) {
    this.#store = store;
    this.#encode = encode;
  }

  #edit(call: Call, templateId: string, edit: EditTree): Promise<T> {
    return this.#store.transact(async tx => {
      const latest = await permitted(tx, call, templateId, 'templateEdit');
      const { template, root } = await editContent(tx, call, latest, async content => ({
        ...content,
        root: await edit(content.root, tx, latest.team_id),
      }));
      return this.#encode(tx, call, template, root);
    });
  }

  /** A step, or a group with all below it. */
  add(call: Call, templateId: string, kind: Kind, sent: BaseStep, place: Placement): Promise<T> {
    refuseUnsupported(sent);
    const step = received(sent, call.ids, kind);
    return this.#edit(call, templateId, async (root, tx, teamId) =>
      withChild(root, await namedInTeam(tx, teamId, step, root), place),
    );
  }

  move(call: Call, templateId: string, seen: Seen, to: To): Promise<T> {
    return this.#edit(call, templateId, root => moved(root, seen, to));
  }

  remove(call: Call, templateId: string, seen: Seen): Promise<T> {
    return this.#edit(call, templateId, root => withoutChild(root, seen)[1]);
  }

  copy(call: Call, templateId: string, seen: Seen, to: To): Promise<T> {
    return this.#edit(call, templateId, root => withCopy(root, seen, to, () => call.ids.next()));
  }

  /** Of a step or group from anywhere in the template. */
  copyOf(call: Call, templateId: string, kind: Kind, id: string, to: To): Promise<T> {
    return this.#edit(call, templateId, root => withCopyOf(root, kind, id, to, () => call.ids.next()));
  }

  /**
   * The whole tree. Its root stays the root: the title of an entry stands in the entry. What the root sent is called counts for nothing, and
   * may be nothing, but is bounded as any title.
   */
  replaceAll(call: Call, templateId: string, sent: BaseStep): Promise<T> {
    refuseUnsupported(sent);
    const titled = { ...sent, title: bounded('title', sent.title, MAX_TITLE_LENGTH).trim() || 'root' };
    return this.#edit(call, templateId, async (root, tx, teamId) => {
      const whole = received(titled, call.ids, 'stepGroup', idsIn(root));
      const named = await namedInTeam(tx, teamId, { ...whole, id: root.id, title: '' }, root);
      checkWhole(named);
      return named;
    });
  }
}
