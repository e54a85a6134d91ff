/** Answers to what steps ask, over a web socket: a call of JobsService.respondToStep like any other. */
import type { SystemException } from '#gen/common_types';
import { type JobActionResponse, JobActionStepStatus } from '#gen/jobs_types';
import { BadRequest } from '../../base/errors.ts';
import type { CallerSession } from '../calls.ts';
import { argumentsFromJson } from '../json.ts';
import type { EventSocket, Said } from './event-socket.ts';
import type { SocketParts } from './socket-parts.ts';

/** Says nothing when the answer was taken: the events of the job do. */
export async function answerStep({ calls, functions, shared }: SocketParts, socket: EventSocket, { message }: Said) {
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw new BadRequest('invalid-argument', 'message: expected {"jobId", "stepId", "questionResponse", "comment"}', {
      field: 'message',
    });
  const { jobId, ...response } = message as Record<string, unknown>;
  const served = functions.find('respondToStep', 'JobsService')!;
  const read = () => argumentsFromJson(served.idl.arguments, { jobId, response }, shared.limits);
  const { field, value, requestId } = await calls.answer(served, read, sessionOf(socket));
  const where = { jobId, stepId: response.stepId };
  if (field !== 'success') {
    const { message: msg, slug: msgCode } = value as SystemException;
    socket.send('Error', { ...where, msg, msgCode, requestId });
    return;
  }
  for (const { stepId, status, statusDescription } of (value as JobActionResponse).stepResponses)
    if (status !== JobActionStepStatus.Success)
      socket.send('StepInfoRequiredError', {
        jobId,
        stepId,
        msg: statusDescription,
        msgCode: JobActionStepStatus[status],
      });
}

const sessionOf = ({ token, address }: EventSocket): CallerSession => ({
  token,
  address,
  bind: () => {},
  release: () => {},
  authenticated: () => {},
  onLeaving: () => () => {},
});
