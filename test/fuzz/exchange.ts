/** One input on one connection: sent, waited for, judged. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from './channels.ts';
import type { Connection } from './connection.ts';
import type { Input } from './inputs.ts';
import { type Judged, judgeAnswer } from './judge.ts';
import { CALL } from './protocols.ts';
import { Random } from './random.ts';

/** Longer than this, and the server is taken to hang. */
export const WITHIN_MS = 10_000;

export interface Exchanged {
  readonly judged: readonly Judged[];
  /** What the server did wrong; nothing, mostly. */
  readonly problems: readonly string[];
  /** Whether the next input may go over the same connection. */
  readonly goesOn: boolean;
}

export async function exchange(connection: Connection, channel: Channel, input: Input): Promise<Exchanged> {
  if (connection.answers.length > 0) return over([`${connection.answers.length} answers that nobody asked for`]);
  connection.mayBeMistaken = input.kind !== 'valid';
  await connection.send(input.pieces);
  if (input.after === 'abort') {
    connection.abort(input.pieces.length % 2 === 0 ? 'close' : 'reset');
    return over([]);
  }
  const problems = input.after === 'stay' ? await stayed(connection, input) : await finished(connection, input);
  if (connection.garbage) problems.push(`an answer that makes no sense: ${connection.garbage.message}`);
  const judged = connection.answers.splice(0).map((answer, index) => judgeAnswer(channel, answer, input.owed?.[index]));
  problems.push(...judged.flatMap(each => each.problems));
  if (problems.length > 0) connection.abort();
  const goesOn = problems.length === 0 && !connection.ended && (await isThere(connection, channel, input, judged));
  return { judged, problems, goesOn };
}

const over = (problems: readonly string[]): Exchanged => ({ judged: [], problems, goesOn: false });

async function stayed(connection: Connection, { demanded, owed }: Input): Promise<string[]> {
  const inTime = await connection.until(() => connection.answers.length >= demanded || connection.ended, WITHIN_MS);
  const got = connection.answers.length;
  if (!inTime) return [`${got} of ${demanded} answers within ${WITHIN_MS} ms, and the connection did not end`];
  if (owed && got < demanded) return [`the connection ended after ${got} of ${demanded} answers to valid calls`];
  return got > demanded ? [`${got} answers to ${demanded} messages`] : [];
}

async function finished(connection: Connection, { pieces }: Input): Promise<string[]> {
  if (pieces.length % 7 === 0) await sleep(20);
  connection.finish();
  const inTime = await connection.until(() => connection.ended, WITHIN_MS);
  return inTime ? [] : [`the connection did not end within ${WITHIN_MS} ms after the client's end of it`];
}

/** After a message that made no sense the server may have said so and be about to hang up: a ping shows whether it has. */
async function isThere(connection: Connection, channel: Channel, input: Input, judged: readonly Judged[]) {
  if (input.kind === 'valid' || !judged.some(({ outcome }) => /^(exception|http)/.test(outcome))) return true;
  await connection.send([pingIn(channel)]);
  await connection.until(() => connection.answers.length > 0 || connection.ended, WITHIN_MS);
  return connection.answers.splice(0).length > 0 && !connection.ended;
}

export const pingIn = (channel: Channel, seqid = 1): Buffer =>
  messageIn(channel, 'AuthenticationService:ping', [], seqid);

export const authenticateIn = (channel: Channel, token: string): Buffer =>
  messageIn(channel, 'AuthenticationService:authenticate', [token]);

/** A call whose arguments are texts. */
function messageIn({ transport, protocol }: Channel, name: string, texts: readonly string[], seqid = 1): Buffer {
  const fields = texts.map((value, index) => ({ id: index + 1, node: { kind: 'string', value } as const }));
  const message = protocol.encode({ name, type: CALL, seqid }, { kind: 'struct', fields });
  return transport.wrap(message, protocol, {
    random: new Random(seqid),
    service: 'AuthenticationService',
    token: undefined,
  });
}
