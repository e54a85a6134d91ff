/** What the start of a step tells those who work on it: a question, a page to open, a message. */

import type { StepAction } from '#gen/flow_types';
import { NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import type { ActionKind } from '../../domain/work.ts';
import type { Act } from '../act.ts';
import type { Particulars } from '../events.ts';
import type { Account } from '../told.ts';

interface Started {
  readonly leaf: BaseStep;
  readonly settings: StepAction;
}

type Telling = (started: Started) => { type: NotificationType; particulars: Particulars };

const tellings: Readonly<Partial<Record<ActionKind, Telling>>> = {
  question: ({ settings }) => ({ type: NotificationType.StepInfoRequired, particulars: { ...settings.question! } }),
};

export function tellOfAction(account: Account, act: Act, kind: ActionKind, started: Started): void {
  const telling = tellings[kind]?.(started);
  if (!telling) return;
  account.tell(act, telling.type, { stepId: started.leaf.id, ...telling.particulars });
}
