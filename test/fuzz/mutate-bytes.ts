/** Mutations of bytes that know nothing of what they mean, but for a few numbers that often mean something. */
import type { Random } from './random.ts';

type Mutator = (bytes: Buffer, random: Random) => Buffer;

const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0x82, 0xff, 0x0b, 0x0c, 0x0f, 0x5b, 0x7b, 0x22] as const;
const LENGTHS = [0, -1, 1, 0x7fffffff, -0x80000000, 0xffff, 0x10000, 0x1000000, 0x1000001, 0x0fffffff] as const;

const flippedBit: Mutator = (bytes, random) => {
  const at = random.below(bytes.length);
  bytes[at] = bytes[at]! ^ (1 << random.below(8));
  return bytes;
};

const setByte: Mutator = (bytes, random) => {
  bytes[random.below(bytes.length)] = random.chance(0.7) ? random.pick(INTERESTING) : random.below(256);
  return bytes;
};

const setLength: Mutator = (bytes, random) => {
  if (bytes.length >= 4) bytes.writeInt32BE(random.pick(LENGTHS) | 0, random.below(bytes.length - 3));
  return bytes;
};

const inserted: Mutator = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), random.bytes(random.between(1, 16)), bytes.subarray(at)]);
};

const removed: Mutator = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 8))]);
};

const repeated: Mutator = (bytes, random) => {
  const from = random.below(bytes.length);
  const range = bytes.subarray(from, from + random.between(1, 64));
  const at = random.below(bytes.length + 1);
  const times = random.chance(0.05) ? random.magnitude(2, 500) : random.between(1, 3);
  return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(range), bytes.subarray(at)]);
};

const truncated: Mutator = (bytes, random) => bytes.subarray(0, random.below(bytes.length));

const extended: Mutator = (bytes, random) => Buffer.concat([bytes, random.bytes(random.between(1, 64))]);

const moved: Mutator = (bytes, random) => {
  const [a, b, c] = [0, 0, 0].map(() => random.below(bytes.length + 1)).sort((x, y) => x - y) as [
    number,
    number,
    number,
  ];
  return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)]);
};

const mutators: readonly Mutator[] = [
  ...[flippedBit, flippedBit, setByte, setByte, setByte, setLength, setLength],
  ...[inserted, removed, repeated, truncated, extended, moved],
];

/** @returns other bytes; those given stay as they are */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let n = random.pick([1, 1, 1, 2, 3, 8]); n > 0 && mutated.length > 0; n--)
    mutated = Buffer.from(random.pick(mutators)(mutated, random));
  return mutated;
}

const JSON_VALUES = [
  ...['null', 'true', '-1', '1e400', '-0', '0.5', '1.0', '9007199254740993', '123456789012345678901234567890'],
  ...['""', '"\\u0000"', '"\\ud800"', '"__proto__"', '{}', '[]', '[[]]', '{"__proto__":{}}', '{"1":{"rec":{}}}'],
  ...[
    '["lst"]',
    '["i32",-1]',
    '["rec",1000000000,{}]',
    '["str","str",-1,{}]',
    '{"tf":2}',
    '{"toString":1}',
    '{"i32":1,"i64":2}',
    '\t1\n',
  ],
] as const;

/** A text, a number or a name in JSON becomes something else that is JSON, mostly; sometimes something very deep. */
export function mutateJson(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/g)];
  if (tokens.length === 0) return bytes;
  const { index, 0: token } = random.pick(tokens);
  const depth = random.magnitude(2, 50_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['["lst",1,', ']'],
  ] as const);
  const deep = `${open.repeat(depth)}0${close.repeat(depth)}`;
  const value = random.chance(0.05) ? deep : random.pick(JSON_VALUES);
  return Buffer.from(text.slice(0, index) + value + text.slice(index + token.length), 'latin1');
}

/** The beginning of one and the end of the other. */
export function spliced(first: Buffer, second: Buffer, random: Random): Buffer {
  return Buffer.concat([
    first.subarray(0, random.below(first.length + 1)),
    second.subarray(random.below(second.length + 1)),
  ]);
}

/** The same bytes in pieces of random sizes. */
export function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const longest = random.magnitude(1, Math.max(2, bytes.length));
  for (let at = 0; at < bytes.length && pieces.length < 60; ) {
    const length = pieces.length === 59 ? bytes.length : random.between(1, longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
