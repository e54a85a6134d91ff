/** A finding once more: the inputs of its connection, in its channel, with the ids of the server that is there now. */
import { channelName, channels } from './channels.ts';
import { type Address, Connection } from './connection.ts';
import { exchange } from './exchange.ts';
import { loadRecording, type Recording } from './findings.ts';
import type { Input } from './inputs.ts';
import { authenticate } from './lane.ts';
import { type Credentials, World } from './world.ts';

/** @returns what went wrong this time */
export async function replay(
  file: string,
  address: Address,
  credentials: Credentials | undefined,
  print: (line: string) => void,
): Promise<string[]> {
  const recording = loadRecording(file);
  const channel = channels.find(each => channelName(each) === recording.channel);
  if (!channel) throw new Error(`the channel "${recording.channel}" is unknown, or off`);
  const world = await World.open(address, credentials);
  const connection = await Connection.open(address, channel);
  if (recording.loggedIn) {
    const token = await world.logIn();
    Object.assign(world.ids, { own: [token] });
    if (!channel.transport.carriesToken) await authenticate(connection, channel, token);
  }
  const found: string[] = [];
  for (const input of recording.inputs) {
    const { judged, problems } = await exchange(connection, channel, translated(input, recording.ids, world));
    const outcomes = judged.map(({ fullName, outcome }) => `${fullName ?? ''} ${outcome}`.trim());
    print(`${input.kind} input of ${input.about}: ${outcomes.join(', ') || 'no answer'}`);
    for (const problem of problems) print(`  ${problem}`);
    found.push(...problems);
    if (connection.ended) break;
  }
  connection.abort();
  return found;
}

/** Ids are as long as one another: what is around them stays as it was. */
function translated(input: Input, ids: Recording['ids'], world: World): Input {
  const pairs = Object.entries(ids).flatMap(([subject, before]) => {
    const now = world.ids[subject as keyof World['ids']] ?? [];
    return before.flatMap((id, index) => (now[index] === undefined ? [] : [[id, now[index]] as const]));
  });
  const pieces = input.pieces.map(piece => {
    let text = piece.toString('latin1');
    for (const [id, other] of pairs) text = text.replaceAll(id, other);
    return Buffer.from(text, 'latin1');
  });
  return { ...input, pieces };
}
