/**
 * Inputs: what one turn of a connection sends, in what pieces, how it ends, and what the server owes for it. An input follows from
 * the seed, its number and the ids that the server knows; nothing else.
 */
import { type IdlFunction, idl } from '../../src/server/idl.ts';
import { notBuilt } from '../../src/services/not-built.ts';
import type { Channel } from './channels.ts';
import { Generator, type KnownIds } from './generate.ts';
import { inPieces, mutateBytes, mutateJson, spliced } from './mutate-bytes.ts';
import { mutateTree } from './mutate-tree.ts';
import type { StructNode } from './nodes.ts';
import { CALL, type Head } from './protocols.ts';
import type { Random } from './random.ts';

export interface FuzzedFunction {
  /** "JobsService.getJob". */
  readonly fullName: string;
  readonly service: string;
  readonly name: string;
  readonly idl: IdlFunction;
}

/** A reply with this seqid that holds a result of this function. */
export interface Owed {
  readonly fullName: string;
  readonly seqid: number;
}

export interface Input {
  readonly kind: 'valid' | 'arguments' | 'head' | 'bytes' | 'envelope' | 'spliced' | 'random';
  /** What it is made of, for people. */
  readonly about: string;
  readonly pieces: readonly Buffer[];
  /**
   * `stay`: wait for what is owed and keep the connection. `finish`: send no more and wait for the end of the connection.
   * `abort`: break off at once.
   */
  readonly after: 'stay' | 'finish' | 'abort';
  /** How many answers must come, unless the connection ends before. */
  readonly demanded: number;
  /** What the answers must be, where the input is valid. */
  readonly owed: readonly Owed[] | undefined;
}

export const functions: readonly FuzzedFunction[] = Object.entries(idl.services).flatMap(([service, { functions }]) =>
  Object.entries(functions).map(([name, idl]) => ({ fullName: `${service}.${name}`, service, name, idl })),
);

const timesNamed = new Map<string, number>();
for (const { name } of functions) timesNamed.set(name, (timesNamed.get(name) ?? 0) + 1);

/** These hash a password each time, which is meant to be slow, or make the next login necessary. */
const rare = new Set(['AuthenticationService.login', 'AuthenticationService.logout', 'TeamService.createUser']);
const isBuilt = ({ service, name }: FuzzedFunction): boolean =>
  !(notBuilt as Readonly<Record<string, readonly string[]>>)[service]?.includes(name);
const common = functions.filter(each => !rare.has(each.fullName));
const built = common.filter(isBuilt);
const [ping, login] = ['ping', 'login'].map(name => functions.find(each => each.name === name)!) as [
  FuzzedFunction,
  FuzzedFunction,
];
const uncommon = functions.filter(each => rare.has(each.fullName));

const ODD_NAMES = [
  '',
  ':',
  '::',
  'JobTemplateService:',
  ':get',
  '__proto__',
  'constructor',
  'toString:get',
  '__proto__:constructor',
  'JobTemplateService:__proto__',
  'JobTemplateService:hasOwnProperty',
  'JobTemplateService:JobTemplateService:get',
  'noSuchFunction',
  'Get',
  'ping ',
  'пинг\u{1f600}',
  'nul\0byte',
  '"]}',
] as const;
const SEQIDS = [0, -1, 1, 0x7fffffff, -0x80000000, 255, 65_536] as const;
const MESSAGE_TYPES = [0, 2, 3, 4, 5, 7] as const;

/** What inputs are made with. */
export interface Making {
  readonly random: Random;
  readonly channel: Channel;
  readonly token: string | undefined;
  /** The ids that a function may be called with, so that it gets past its first check. */
  readonly known: (fullName: string) => KnownIds;
}

interface Message {
  readonly head: Head;
  readonly body: StructNode;
  readonly of: FuzzedFunction;
}

export function makeInput(making: Making): Input {
  const { random } = making;
  const roll = random.next();
  if (roll < 0.3) return validInput(making);
  if (roll < 0.34) return bytesInput(making, 'random', random.bytes(random.magnitude(1, 2000)), 'random bytes');
  if (roll < 0.4) return splicedInput(making);
  const kind = roll < 0.65 ? 'arguments' : roll < 0.7 ? 'head' : roll < 0.9 ? 'bytes' : 'envelope';
  return mutatedInput(making, kind);
}

/** Calls as they should be, one or several at once, whole or in pieces. */
function validInput(making: Making): Input {
  const { random, channel } = making;
  // A call that takes its time behind one that does not: what is answered first leaves first, and both find their way.
  const messages = random.chance(0.01)
    ? [ping, login, ping].map(of => callOf(making, of))
    : Array.from({ length: random.chance(0.4) ? random.between(2, 16) : 1 }, () => call(making));
  const stream = Buffer.concat(messages.map(message => wrapped(making, encoded(channel, message), message)));
  return {
    kind: 'valid',
    about: messages.map(({ of }) => of.fullName).join(', '),
    pieces: random.chance(0.15) ? inPieces(stream, random) : [stream],
    after: 'stay',
    demanded: messages.length,
    owed: messages.map(({ of, head }) => ({ fullName: of.fullName, seqid: head.seqid })),
  };
}

/** Messages whose bytes still make sense as such come several at once, too: the server goes on after each of them. */
function mutatedInput(making: Making, kind: 'arguments' | 'head' | 'bytes' | 'envelope'): Input {
  const { random } = making;
  const several = (kind === 'arguments' || kind === 'head') && random.chance(0.5);
  const made = Array.from({ length: several ? random.between(2, 8) : 1 }, () => mutatedMessage(making, kind));
  let stream: Buffer = Buffer.concat(made.map(({ bytes, message }) => wrapped(making, bytes, message)));
  if (kind === 'envelope') stream = mutateBytes(stream, random);
  if (random.chance(0.05)) stream = Buffer.concat([stream, stream]);
  return bytesInput(making, kind, stream, made.map(({ message }) => message.of.fullName).join(', '));
}

function mutatedMessage(making: Making, kind: Input['kind']): { message: Message; bytes: Buffer } {
  const { random, channel } = making;
  const message = call(making);
  if (kind === 'arguments') mutateTree(message.body, random, channel.protocol.mostItems);
  const { head } = message;
  const bytes = encoded(channel, kind === 'head' ? { ...message, head: mutatedHead(head, random) } : message);
  if (kind !== 'bytes') return { message, bytes };
  const isJson = channel.protocol.name.endsWith('json');
  return { message, bytes: isJson && random.chance(0.3) ? mutateJson(bytes, random) : mutateBytes(bytes, random) };
}

function splicedInput(making: Making): Input {
  const [first, second] = [call(making), call(making)];
  const [a, b] = [encoded(making.channel, first), encoded(making.channel, second)];
  const inside = making.random.chance(0.5);
  const stream = inside
    ? wrapped(making, spliced(a, b, making.random), first)
    : spliced(wrapped(making, a, first), wrapped(making, b, second), making.random);
  return bytesInput(making, 'spliced', stream, `${first.of.fullName} and ${second.of.fullName}`);
}

function bytesInput({ random, channel }: Making, kind: Input['kind'], stream: Buffer, about: string): Input {
  const { answers, certain } = channel.transport.demand(stream, channel.protocol);
  const aborted = random.chance(0.03);
  return {
    kind,
    about,
    pieces: random.chance(0.1) ? inPieces(stream, random) : [stream],
    after: aborted ? 'abort' : certain ? 'stay' : 'finish',
    demanded: answers,
    owed: undefined,
  };
}

function call(making: Making): Message {
  const { random } = making;
  const of = random.chance(0.002) ? random.pick(uncommon) : random.pick(random.chance(0.8) ? built : common);
  return callOf(making, of);
}

function callOf({ random, known }: Making, of: FuzzedFunction): Message {
  const plain = timesNamed.get(of.name) === 1 && random.chance(0.2);
  const head: Head = {
    name: plain ? of.name : `${of.service}:${of.name}`,
    type: CALL,
    seqid: random.chance(0.2) ? random.pick(SEQIDS) : random.below(0x7fffffff),
  };
  return { of, head, body: new Generator(random, known(of.fullName), 0.6).arguments(of.idl) };
}

function mutatedHead(head: Head, random: Random): Head {
  if (random.chance(0.6)) {
    const long = 'x'.repeat(random.magnitude(10, 100_000));
    return { ...head, name: random.chance(0.1) ? long : random.pick(ODD_NAMES) };
  }
  return { ...head, type: random.pick(MESSAGE_TYPES) };
}

/** The library cannot write everything that a mutation makes of a message: then it is written without arguments. */
function encoded({ protocol }: Channel, { head, body }: Message): Buffer {
  try {
    return protocol.encode(head, body);
  } catch {
    return protocol.encode(head, { kind: 'struct', fields: [] });
  }
}

const wrapped = ({ random, channel, token }: Making, message: Buffer, { of }: Message): Buffer =>
  channel.transport.wrap(message, channel.protocol, { random, service: of.service, token });
