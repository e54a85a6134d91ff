/** Edits of the step tree. */
import type { JobTemplateModular } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { refuseUnsupported } from '../../domain/procedure.ts';
import { received } from '../../domain/received.ts';
import { type Placement, withChild } from '../../domain/tree.ts';
import { editContent } from '../../engine/authoring.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { permitted } from './access.ts';
import { toEdited } from './wire.ts';

/** Adds a step or a group with all below it. */
export function add(
  store: Store,
  call: Call,
  templateId: string,
  kind: 'step' | 'stepGroup',
  sent: BaseStep,
  place: Placement,
): Promise<JobTemplateModular> {
  refuseUnsupported(sent);
  const step = received(sent, call.ids, kind);
  return store.transact(async tx => {
    const latest = await permitted(tx, call, templateId, 'templateEdit');
    const { template, root } = await editContent(tx, call, latest, content => ({
      ...content,
      root: withChild(content.root, step, place),
    }));
    return toEdited(template, root, call);
  });
}
