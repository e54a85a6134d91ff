/** What is right and wrong with an answer, and with what came of an input as a whole. */
import type { Channel } from './channels.ts';
import { type FuzzedFunction, functions, type Owed } from './inputs.ts';
import { EXCEPTION, type Opened, type Protocol, protocolOf, REPLY } from './protocols.ts';
import type { Answer } from './transports.ts';

export interface Judged {
  /** "JobsService.getJob", where the answer is a result. */
  readonly fullName: string | undefined;
  /** 'ok', the slug of a refusal, or 'exception'. */
  readonly outcome: string;
  readonly problems: readonly string[];
}

const INTERNAL_ERROR = 6;
const byName = Map.groupBy(functions, ({ name }) => name);
const byFullName = new Map(functions.map(each => [each.fullName, each]));

/** @param owed what the answer must be, where that is known */
export function judgeAnswer(channel: Channel, { bytes, status = 200 }: Answer, owed: Owed | undefined): Judged {
  if (status !== 200) return judgeStatus(status, bytes, owed);
  const protocol = owed ? channel.protocol : protocolOf(bytes, channel.protocol);
  try {
    const opened = protocol.open(bytes);
    const problems = owed ? differences(opened.head, owed) : [];
    if (opened.head.type === REPLY) return judgeReply(protocol, bytes, opened.head, owed, problems);
    if (opened.head.type !== EXCEPTION)
      return judged('no answer', [...problems, `an answer of message type ${opened.head.type}; expected 2 or 3`]);
    const { message, type } = opened.exception();
    if (type === INTERNAL_ERROR) problems.push('a TApplicationException INTERNAL_ERROR');
    if (problems.length > 0) problems.push(`the exception says ${type}: ${message.slice(0, 200)}`);
    return judged('exception', problems);
  } catch (error) {
    return judged('unreadable', [`an answer that the library cannot read: ${error}`]);
  }
}

/** What HTTP itself says. */
function judgeStatus(status: number, bytes: Buffer, owed: Owed | undefined): Judged {
  const outcome = `http ${status}`;
  if (status === 500) return judged(outcome, [`HTTP status 500: ${bytes.toString().slice(0, 200)}`]);
  return judged(outcome, owed ? [`a valid call of ${owed.fullName} got HTTP status ${status}: ${bytes}`] : []);
}

const judged = (outcome: string, problems: readonly string[], fullName?: string): Judged => ({
  fullName,
  outcome,
  problems,
});

function differences(head: Opened['head'], { fullName, seqid }: Owed): string[] {
  const found: string[] = [];
  if (head.type !== REPLY)
    found.push(`a valid call of ${fullName} got message type ${head.type}; expected a reply (2)`);
  if (head.seqid !== undefined && head.seqid !== (seqid | 0))
    found.push(`a valid call of ${fullName} with seqid ${seqid} got seqid ${head.seqid}`);
  const name = byFullName.get(fullName)!.name;
  if (head.name !== name) found.push(`a valid call of ${name} got an answer to "${head.name.slice(0, 60)}"`);
  return found;
}

/** Where an input was mutated, the name alone is known: the answer must be a result of one function of that name. */
function judgeReply(
  protocol: Protocol,
  answer: Buffer,
  head: Opened['head'],
  owed: Owed | undefined,
  problems: readonly string[],
): Judged {
  const candidates = owed ? [byFullName.get(owed.fullName)!] : (byName.get(head.name) ?? []);
  const faults: string[] = [];
  for (const candidate of candidates) {
    try {
      const { outcome, problems: more } = resultOf(protocol, answer, candidate);
      return judged(outcome, [...problems, ...more], candidate.fullName);
    } catch (error) {
      faults.push(`${candidate.fullName}: ${(error as Error).message}`);
    }
  }
  return judged('unreadable', [...problems, `a reply to "${head.name}" that is no result: ${faults.join('; ')}`]);
}

function resultOf(protocol: Protocol, answer: Buffer, { idl, fullName }: FuzzedFunction) {
  const result = protocol.open(answer).result(idl);
  const error = (result.err ?? result.failErr) as { errorCode?: number; slug?: string; message?: string } | undefined;
  if (!error) return { outcome: 'ok', problems: [] };
  const outcome = error.slug ?? (result.failErr ? 'lock-failed' : `code ${error.errorCode}`);
  const isFault = error.errorCode === 500 || error.slug === 'internal-error';
  return { outcome, problems: isFault ? [`${fullName} failed with a fault of the server: ${error.message}`] : [] };
}
