/** 64-bit integers that no number holds exactly: they go out to the last digit, and are refused when they come in. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import thrift from 'thrift';
import { JobValue } from '#gen/jobs_types';
import { toJson } from '../../src/server/json.ts';
import { ByteWriter } from '../../src/server/wire/bytes.ts';
import { structWriter } from '../../src/server/wire/encode.ts';
import { generic, Type, UNBOUNDED, UnfitValue } from '../../src/server/wire/protocol.ts';
import { protocols } from '../../src/server/wire/protocols.ts';

const wide = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .filter(whole => !Number.isSafeInteger(Number(whole)));

/** A message around a JobValue: Thrift's JSON has structs only in messages. */
function written(protocol: keyof typeof protocols, value: object): Buffer {
  const bytes = new ByteWriter();
  const output = new protocols[protocol](bytes);
  output.writeMessageBegin('it', 2, 1);
  structWriter('jobs.JobValue')(output, value as never);
  output.writeMessageEnd();
  return Buffer.from(bytes.written());
}

function read(protocol: keyof typeof protocols, bytes: Buffer, digits: boolean): unknown {
  const input = new protocols[protocol](new ByteWriter(0), bytes, { ...UNBOUNDED, digits });
  input.readMessageBegin();
  const value = new JobValue();
  (value as unknown as { read(input: unknown): void }).read(generic(input));
  return value.integer;
}

describe.each(['binary', 'compact', 'json'] as const)('%s', protocol => {
  test('a client reads the digits that were written; the server refuses them', () => {
    fc.assert(
      fc.property(wide, whole => {
        const bytes = written(protocol, { integer: String(whole) });
        expect(read(protocol, bytes, true)).toBe(String(whole));
        expect(() => read(protocol, bytes, false)).toThrow(UnfitValue);
      }),
    );
  });

  test('what a number holds is a number, written as digits or not', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), whole => {
        const bytes = written(protocol, { integer: String(whole) });
        expect(bytes).toEqual(written(protocol, { integer: whole }));
        expect(read(protocol, bytes, true)).toBe(whole);
      }),
    );
  });

  test.each(['', '1.5', '1e3', '12345678901234567890', 'x', 1.5, null])('%j does not go out as a number', value => {
    if (value === null) expect(read(protocol, written(protocol, { integer: value }), true)).toBeNull();
    else expect(() => written(protocol, { integer: value })).toThrow(TypeError);
  });
});

test.each([
  ['binary', thrift.TBinaryProtocol],
  ['compact', thrift.TCompactProtocol],
] as const)('%s: the stock library reads the same 64 bits', (protocol, Stock) => {
  fc.assert(
    fc.property(wide, whole => {
      const transport = new thrift.TFramedTransport(written(protocol, { integer: String(whole) }) as never);
      const input = new (Stock as unknown as new (transport: unknown) => Record<string, () => never>)(transport);
      input.readMessageBegin!();
      input.readStructBegin!();
      expect(input.readFieldBegin!()).toMatchObject({ ftype: Type.I64, fid: 3 });
      const { buffer } = input.readI64!() as { buffer: Buffer };
      expect(Buffer.from(buffer).readBigInt64BE()).toBe(whole);
    }),
  );
});

test('plain JSON has the text of the digits', () => {
  expect(toJson({ struct: 'jobs.JobValue' }, { integer: '9223372036854775807' })).toEqual({
    integer: '9223372036854775807',
  });
});
