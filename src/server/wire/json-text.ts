/**
 * JSON from outside, turned into values. Parsing cannot be interrupted and everybody waits for it, and what is parsed takes many times the
 * memory of its text: so how much there is, and how deep, is looked at before.
 */
import { BeyondLimit, Malformed, type Reading, type ReadLimits } from './protocol.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** A bracket and a brace differ in one bit, and so do what opens and what closes. */
const BRACE_BIT = 0x20;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Of one level of the interface's nesting, and of one field or element, in Thrift's JSON: objects in objects. */
const LEVELS = 4;
const THINGS = 4;

/** @throws BeyondLimit, Malformed */
export function parsedJson(input: Buffer, limits: Reading): unknown {
  if (input.length > limits.jsonBytes)
    throw new BeyondLimit('jsonBytes', `${input.length} bytes of JSON; at most ${limits.jsonBytes}`);
  checkStructure(input, limits);
  try {
    return JSON.parse(input.toString(), limits.digits ? (withDigits as Reviver) : undefined);
  } catch (error) {
    throw new Malformed(`no JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

type Reviver = Parameters<typeof JSON.parse>[1];

const withDigits = (_key: string, value: unknown, { source }: { source: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;

function checkStructure(input: Buffer, { messageElements, nesting }: ReadLimits): void {
  const [mostThings, deepest] = [THINGS * messageElements, LEVELS * (nesting + 2)];
  let things = 0;
  let depth = 0;
  for (let at = 0; at < input.length; at++) {
    const byte = input[at]!;
    if (byte === QUOTE) at = endOfText(input, at);
    else if (byte === COMMA) things++;
    else if ((byte | BRACE_BIT) === (CLOSE | BRACE_BIT)) depth--;
    else if ((byte | BRACE_BIT) === (OPEN | BRACE_BIT)) {
      things++;
      depth++;
      if (depth > deepest) throw new BeyondLimit('nesting', `nested more than ${nesting} levels deep`);
    }
  }
  if (things > mostThings)
    throw new BeyondLimit('messageElements', `more than ${messageElements} fields and elements in one message`);
}

/** Of its closing quote, or of the input where that is missing. */
function endOfText(input: Buffer, start: number): number {
  for (let at = start + 1; ; at++) {
    at = input.indexOf(QUOTE, at);
    if (at === -1) return input.length;
    let escapes = 0;
    while (input[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
}
