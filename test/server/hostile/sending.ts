/** Hostile messages on their way to the server, and what may come back. */
import { expect } from '@jest/globals';
import { decoded, framed, type RawConnection, resultIn } from '../raw.ts';
import { type Notation, within } from './bytes.ts';
import type { Victim } from './victim.ts';

const PROTOCOL_ERROR = 7;

/** @param goesOn whether the connection is answered on after it */
export type Judge = (notation: Notation, answer: Buffer, goesOn: boolean) => void;

/** Sends each message on a connection of its own, as a caller whose token is good, and looks at its answer. */
export async function send(
  victim: Victim,
  notation: Notation,
  judge: Judge,
  messages: readonly Buffer[],
): Promise<void> {
  for (const message of messages) {
    const raw = await victim.loggedIn(notation.stock);
    raw.send(framed(message));
    const answer = await raw.answer();
    if (!answer) throw new Error(`no answer to ${message.subarray(0, 100).toString('latin1')}`);
    judge(notation, answer, await goesOn(raw, notation));
    raw.close();
  }
}

async function goesOn(raw: RawConnection, notation: Notation): Promise<boolean> {
  raw.send(framed(within([notation.message('AuthenticationService:ping')], notation.emptyStruct)));
  const answer = await raw.answer();
  if (answer) expect(decoded(answer, notation.stock)).toMatchObject({ kind: 'reply', name: 'ping' });
  return answer !== undefined;
}

/** What makes no sense ends the connection, and the client hears why; what is too much is refused with its place, and it goes on. */
export const refused: Judge = (notation, answer, goesOn) => {
  const reply = decoded(answer, notation.stock);
  if (reply.kind === 'exception') {
    expect({ type: reply.exceptionType, goesOn }).toEqual({ type: PROTOCOL_ERROR, goesOn: false });
    expect(reply.exceptionMessage).not.toBe('the message cannot be understood');
    return;
  }
  const { err } = resultIn('JobTemplateService', reply);
  expect(err).toMatchObject({ errorCode: 400, details: { field: expect.stringMatching(/./) } });
  expect(goesOn).toBe(true);
};

/** Where nobody asks for a value, what a text says of its inside may not matter. */
export const answered: Judge = (notation, answer) => {
  const { kind, exceptionType } = decoded(answer, notation.stock);
  expect([undefined, PROTOCOL_ERROR]).toContain(exceptionType);
  expect(['reply', 'exception']).toContain(kind);
};
