/** Actions that call somebody outside: what is to be sent next, and what the answer comes to. */
import type { StepAction } from '#gen/flow_types';
import { type Answer, type CallOut, type Filled, failed, type Verdict } from '../../domain/calling-out/call-out.ts';
import { type ServiceRun, serviceRequestOf, serviceVerdict } from '../../domain/calling-out/external-service.ts';
import { webRequestOf, webRequestVerdict } from '../../domain/calling-out/web-request.ts';
import type { Reader } from '../../store/database.ts';
import type { RunRow } from '../../store/runs.ts';
import type { Act } from '../act.ts';
import { settingsAtWork } from './at-work.ts';

/** The kinds of action that are carried on so. */
export const callingKinds = ['webRequest', 'externalService'] as const;

/** A request to be sent for a run. */
export interface Calling {
  readonly sent: CallOut;
  /** What the answer comes to. */
  verdict(answer: Answer, now: number): Verdict;
}

/** @returns the verdict where nothing is to be sent; undefined for a run that is over */
export async function nextCall(reader: Reader, act: Act, run: RunRow): Promise<Calling | Verdict | undefined> {
  const found = await settingsAtWork(reader, act, run);
  if (!found) return undefined;
  const { settings, step, filled } = found;
  return callOf(settings, run, step.started_at ?? act.now, act.now, filled);
}

function callOf(
  { webRequest, externalService }: StepAction,
  run: RunRow,
  startedAt: number,
  now: number,
  filled: Filled,
): Calling | Verdict {
  if (webRequest)
    return {
      sent: webRequestOf(webRequest, filled),
      verdict: (answer, now) => webRequestVerdict(webRequest, answer, run.attempts, now),
    };
  // A later version of the procedure may have another action here.
  if (!externalService) return failed('the step has another action now; start it anew');
  const service: ServiceRun = { action: externalService, state: JSON.parse(run.state), startedAt, now };
  const sent = serviceRequestOf(service, filled);
  if ('kind' in sent) return sent;
  return { sent, verdict: (answer, now) => serviceVerdict({ ...service, now }, sent, answer, filled) };
}
