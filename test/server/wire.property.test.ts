/**
 * Our protocols beside the stock library's, for random values of every struct of the interface: the same bytes, and each reads what
 * the other wrote. Both through the generated code, and through our own reading and writing by the interface.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import thrift, { type TProtocol, type TTransport } from 'thrift';
import { type IdlType, idl } from '../../src/server/idl.ts';
import { ByteWriter } from '../../src/server/wire/bytes.ts';
import { argumentsReader } from '../../src/server/wire/decode.ts';
import { structWriter } from '../../src/server/wire/encode.ts';
import { generic, UNBOUNDED } from '../../src/server/wire/protocol.ts';
import { protocols } from '../../src/server/wire/protocols.ts';

type Struct = { read(input: TProtocol): void; write(output: TProtocol): void };
type StructClass = new (fields?: object) => Struct;
type StockClass = new (transport: TTransport) => TProtocol;

/** Depth is bounded: structs hold themselves. */
function arbitrary(type: IdlType, depth: number): fc.Arbitrary<unknown> {
  if (typeof type === 'string') return scalars[type]!;
  if ('enum' in type) return fc.constantFrom(...Object.values(idl.enums[type.enum]!));
  if ('struct' in type) return structOf(type.struct, depth - 1);
  const many = { maxLength: depth > 0 ? 3 : 0 };
  if ('list' in type) return fc.array(arbitrary(type.list, depth - 1), many);
  if ('set' in type) return fc.uniqueArray(arbitrary(type.set, depth - 1), many);
  const [key, value] = type.map;
  const keys = key === 'string' ? fc.stringMatching(/^[a-z]{1,9}$/) : arbitrary(key, 0).map(String);
  return fc.dictionary(keys, arbitrary(value, depth - 1), { maxKeys: depth > 0 ? 3 : 0, noNullPrototype: true });
}

function structOf(name: string, depth: number): fc.Arbitrary<object> {
  const fields = idl.structs[name]!.fields.filter(
    ({ type, required }) => (depth > 0 || typeof type === 'string' || required === 'required') && !isException(type),
  );
  const entries = fields.map(field => [field.name, arbitrary(field.type, depth)] as const);
  const requiredKeys = fields.filter(({ required }) => required === 'required').map(field => field.name);
  return fc.record(Object.fromEntries(entries), { requiredKeys, noNullPrototype: true });
}

/** The generated constructors take no plain object for an exception within a struct. */
const isException = (type: IdlType): boolean =>
  typeof type === 'object' && 'struct' in type && idl.structs[type.struct]!.kind === 'exception';

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  i8: fc.integer({ min: -128, max: 127 }),
  i16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  i32: fc.integer(),
  i64: fc.maxSafeInteger(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => (number === 0 ? 0 : number)),
  string: fc.string({ unit: 'grapheme', maxLength: 60 }),
  binary: fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)),
};

async function classOf(name: string): Promise<StructClass> {
  const [module, struct] = name.split('.') as [string, string];
  return ((await import(`#gen/${module}_types`)) as Record<string, StructClass>)[struct]!;
}

function stockBytes(Protocol: StockClass, struct: Struct): Buffer {
  let bytes = Buffer.alloc(0);
  const transport = new thrift.TFramedTransport(undefined, written => {
    bytes = Buffer.from(written as Buffer).subarray(4);
  });
  const output = new Protocol(transport as never);
  struct.write(output);
  output.flush();
  return bytes;
}

const inStock = (Protocol: StockClass, bytes: Buffer): TProtocol =>
  new Protocol(new thrift.TFramedTransport(bytes as never) as never);

/** The stock compact protocol reads all truth values in containers as false: what it read is not compared there. */
const hasTruthsInContainers = (name: string): boolean =>
  JSON.stringify(idl.structs[name]).includes('["string","bool"]');

const kinds = [
  { kind: 'binary', Stock: thrift.TBinaryProtocol as unknown as StockClass },
  { kind: 'compact', Stock: thrift.TCompactProtocol as unknown as StockClass },
] as const;

describe.each(kinds)('$kind', ({ kind, Stock }) => {
  const Ours = protocols[kind];

  test.each(Object.keys(idl.structs))('%s', async name => {
    const Class = await classOf(name);
    const read = argumentsReader([{ id: 1, name: 'it', required: 'default', type: { struct: name } }]);
    fc.assert(
      fc.property(structOf(name, 2), value => {
        const expected = stockBytes(Stock, new Class(value));
        const generated = new ByteWriter();
        new Class(value).write(generic(new Ours(generated)));
        expect(generated.written()).toEqual(expected);
        const own = new ByteWriter();
        structWriter(name)(new Ours(own), new Class(value) as never);
        expect(own.written()).toEqual(expected);

        const ours = new Class();
        ours.read(generic(new Ours(new ByteWriter(0), expected, UNBOUNDED)));
        expect(stockBytes(Stock, ours)).toEqual(expected);
        if (hasTruthsInContainers(name)) return;
        const theirs = new Class();
        theirs.read(inStock(Stock, generated.written()));
        expect(stockBytes(Stock, theirs)).toEqual(expected);

        const wrapped = new ByteWriter();
        const output = new Ours(wrapped);
        output.writeStructBegin('arguments');
        output.writeFieldBegin('it', 12, 1);
        structWriter(name)(output, new Class(value) as never);
        output.writeFieldStop();
        output.writeStructEnd();
        const { it } = read(new Ours(new ByteWriter(0), wrapped.written(), UNBOUNDED));
        expect(stockBytes(Stock, new Class(it as object))).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});
