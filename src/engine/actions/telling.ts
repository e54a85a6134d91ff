/** What the start of a step tells those who work on it: a question, a page to open, a message. */

import type { StepAction } from '#gen/flow_types';
import { AllowedActions, NotificationType } from '#gen/notifications_types';
import type { BaseStep } from '#gen/step_types';
import { type ActionKind, actionOf } from '../../domain/work.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { Act } from '../act.ts';
import type { Particulars } from '../events.ts';
import type { Sight } from '../sight.ts';
import type { Account } from '../told.ts';
import type { Recipients } from './recipients.ts';

interface Asking {
  readonly leaf: BaseStep;
  readonly settings: StepAction;
  readonly job: JobRow;
  readonly sight: Pick<Sight, 'filled'>;
}

interface Started extends Asking {
  readonly recipients: Recipients;
}

interface Told {
  readonly type: NotificationType;
  readonly particulars: Particulars | (() => Particulars);
  /** What the start comes to where nothing more is to be done. */
  readonly result?: string;
}

/** What waits for somebody then. */
const askings = {
  question: ({ settings, sight, leaf, job }: Asking) => {
    const { question, responses, canComment, commentRequired } = settings.question!;
    const text = sight.filled(question, 'plain', job);
    const asked = { question: text, questionResponses: [...responses], canComment, commentRequired };
    return {
      type: NotificationType.StepInfoRequired,
      particulars: {
        ...asked,
        ...helpOf(leaf),
        isInvalid: false,
        allowedActions: AllowedActions.Cancel,
        msg: text,
        msgCode: 'question',
      },
    };
  },
  defineLocation: ({ settings, leaf }: Asking) => {
    const { prompt, isRequired } = settings.defineLocation!;
    const finish = isRequired === false || leaf.flow?.canSkip ? AllowedActions.Finish : 0;
    return {
      type: NotificationType.StepInfoRequired,
      particulars: {
        ...helpOf(leaf),
        isInvalid: false,
        allowedActions: AllowedActions.Pause + finish,
        msg: prompt || 'set the location of the job',
        msgCode: 'define-location',
      },
    };
  },
} satisfies Partial<Record<ActionKind, (asking: Asking) => Told>>;

const tellings: Readonly<Partial<Record<ActionKind, (started: Started) => Told>>> = {
  ...askings,
  openUrl: ({ settings, sight, job }) => {
    const { url, label } = settings.openUrl!;
    const address = sight.filled(url, 'url', job);
    return {
      type: NotificationType.StepInformation,
      particulars: { url: address, msg: label ? sight.filled(label, 'plain', job) : address, msgCode: 'open-url' },
      result: address,
    };
  },
  notify: ({ settings, sight, job, recipients }) => {
    const named = recipients.name(settings.notify!, job);
    const msg = sight.filled(settings.notify!.message, 'plain', job);
    return {
      type: NotificationType.StepInformation,
      particulars: () => ({ msg, msgCode: 'notify', recipients: named() }),
    };
  },
};

const helpOf = ({ flow }: BaseStep): Particulars => ({
  ...(flow?.helpText && { helpText: flow.helpText }),
  ...(flow?.helpUrl && { helpLink: flow.helpUrl }),
});

/** @returns what the start comes to where nothing more is to be done */
export function tellOfAction(account: Account, act: Act, kind: ActionKind, started: Started): string | undefined {
  const told = tellings[kind]?.(started);
  if (!told) return undefined;
  const { particulars } = told;
  const stepId = started.leaf.id;
  account.tell(
    act,
    told.type,
    typeof particulars === 'function' ? () => ({ stepId, ...particulars() }) : { stepId, ...particulars },
  );
  return told.result;
}

/** What a step asks that waits for somebody; undefined for one that asks nothing. */
export function askedBy(leaf: BaseStep, job: JobRow, filled: Sight['filled']): Particulars | undefined {
  const { kind, settings } = actionOf(leaf);
  if (kind !== 'question' && kind !== 'defineLocation') return undefined;
  return askings[kind]({ leaf, settings, job, sight: { filled } }).particulars;
}
