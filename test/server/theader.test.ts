/** Frames with headers (THeader): what travels in them, compressed messages, and headers that cannot be meant. */
import { deflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import thrift from 'thrift';
import { TestHttp } from '../support/http.ts';
import { logInAdmin, type TestUser } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { OwnListener } from './own-listener.ts';
import {
  args,
  binary,
  compact,
  decoded,
  framed,
  message,
  nothing,
  type ProtocolClass,
  RawConnection,
  type Reply,
  resultIn,
} from './raw.ts';

let server: TestServer;
let http: TestHttp;
let admin: TestUser;
let raw: RawConnection;

beforeAll(async () => {
  server = await TestServer.start();
  http = new TestHttp(server.address);
  admin = await logInAdmin(server);
});
beforeEach(async () => {
  raw = await RawConnection.open(server.address);
});
afterEach(() => raw.close());
afterAll(() => server.stop());

const json = thrift.TJSONProtocol as unknown as ProtocolClass;

const BINARY = 0;
const JSON_PROTOCOL = 1;
const COMPACT = 2;
const ZLIB = 1;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);

/** A block of keys and values. */
const keyValues = (values: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    varint(1),
    varint(Object.keys(values).length),
    ...Object.entries(values).flatMap(([key, value]) => [text(key), text(value)]),
  ]);

/** What stands behind the fixed part: the protocol, the transforms, and blocks of information. */
const described = (protocol: number, transforms: readonly number[], ...blocks: Buffer[]): Buffer =>
  Buffer.concat([varint(protocol), varint(transforms.length), ...transforms.map(varint), ...blocks]);

interface Fixed {
  readonly seqid?: number;
  /** Length of the headers in words; the right one when left out. */
  readonly words?: number;
}

/** A frame's content: headers, filled up to whole words, and a message. */
function withHeaders(headers: Buffer, content: Buffer, { seqid = 1, words }: Fixed = {}): Buffer {
  const filled = Buffer.concat([headers, Buffer.alloc((4 - (headers.length % 4)) % 4)]);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(0x0fff, 0);
  fixed.writeInt32BE(seqid, 4);
  fixed.writeUInt16BE(words ?? filled.length / 4, 8);
  return Buffer.concat([fixed, filled, content]);
}

interface HeaderReply extends Reply {
  /** The number of the frame, which is not that of the message. */
  readonly frame: number;
  readonly requestId: string | undefined;
}

/** The next answer, which must have headers: none but its request's id. */
async function answer(Protocol: ProtocolClass = binary): Promise<HeaderReply> {
  const content = (await raw.answer())!;
  expect(content.readUInt16BE(0)).toBe(0x0fff);
  const end = 10 + 4 * content.readUInt16BE(8);
  const requestId = /x-request-id.([0-9a-f-]{36})/.exec(content.toString('latin1', 10, end))?.[1];
  return { ...decoded(content.subarray(end), Protocol), frame: content.readInt32BE(4), requestId };
}

const ping = (Protocol: ProtocolClass = binary, seqid = 1): Buffer =>
  message('AuthenticationService:ping', nothing, { protocol: Protocol, seqid });

test.each([
  ['binary', BINARY, binary],
  ['JSON', JSON_PROTOCOL, json],
  ['compact', COMPACT, compact],
])(
  'a message in %s is answered in it, with the numbers of its frame and of itself',
  async (_name, number, Protocol) => {
    raw.send(framed(withHeaders(described(number, []), ping(Protocol, 3), { seqid: 77 })));
    const reply = await answer(Protocol);
    expect(reply).toMatchObject({ kind: 'reply', name: 'ping', seqid: 3, frame: 77 });
    expect(resultIn('AuthenticationService', reply).success).toBe('test');
  },
);

test.each([
  ['in no block', Buffer.alloc(0)],
  ['in an empty block', keyValues({})],
  ['in a block of another kind, which is passed over', Buffer.concat([varint(2), varint(7), text('any')])],
  ['in two blocks', Buffer.concat([keyValues({ a: '1' }), keyValues({ b: 'ü'.repeat(200) })])],
  ['of a hundred keys', keyValues(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key-${n}`, 'value'])))],
])('headers %s are taken', async (_how, block) => {
  raw.send(framed(withHeaders(described(BINARY, [], block), ping())));
  expect(await answer()).toMatchObject({ kind: 'reply', name: 'ping' });
});

test.each(['authorization', 'Authorization', 'AUTHORIZATION'])(
  'a token under %s counts for its frame alone',
  async key => {
    const index = message('TeamService:index');
    raw.send(framed(withHeaders(described(BINARY, [], keyValues({ [key]: `Bearer ${admin.token}` })), index)));
    expect(resultIn('TeamService', await answer()).success).toMatchObject([{ id: admin.teamId }]);
    raw.send(framed(withHeaders(described(BINARY, []), index)));
    expect(resultIn('TeamService', await answer()).err).toMatchObject({ slug: 'not-logged-in' });
  },
);

test('a token in the headers goes before that of the connection, whose login stays', async () => {
  const login = args('AuthenticationService', 'authenticate', { token: admin.token });
  raw.send(framed(withHeaders(described(BINARY, []), message('AuthenticationService:authenticate', login))));
  expect((await answer()).kind).toBe('reply');
  const index = message('TeamService:index');
  const bad = keyValues({ authorization: 'Token nonsense' });
  raw.send(framed(withHeaders(described(BINARY, [], bad), index)));
  expect(resultIn('TeamService', await answer()).err).toMatchObject({ slug: 'invalid-token' });
  raw.send(framed(withHeaders(described(BINARY, []), index)));
  expect(resultIn('TeamService', await answer()).success).toMatchObject([{ id: admin.teamId }]);
});

test('many frames of one connection, with headers and without, in one piece are answered each its own way', async () => {
  const frames = Array.from({ length: 20 }, (_, n) =>
    framed(n % 2 === 0 ? withHeaders(described(COMPACT, []), ping(compact, n), { seqid: 100 + n }) : ping(binary, n)),
  );
  raw.send(Buffer.concat(frames));
  for (let n = 0; n < 20; n++) {
    if (n % 2 === 0) expect(await answer(compact)).toMatchObject({ kind: 'reply', seqid: n, frame: 100 + n });
    else expect(decoded(await raw.answer())).toMatchObject({ kind: 'reply', seqid: n });
  }
});

test('the id that the client gives stands in the log beside ours, which the answer tells', async () => {
  const own = keyValues({ 'X-Request-Id': 'from-the-client-9' });
  const get = message('JobTemplateService:get', args('JobTemplateService', 'get', { jobTemplateId: 'none' }));
  raw.send(framed(withHeaders(described(BINARY, [], own), get)));
  const { requestId } = await answer();
  expect(server.log).toContainEqual(
    expect.objectContaining({ call: 'JobTemplateService.get', clientRequestId: 'from-the-client-9', requestId }),
  );
});

describe('a compressed message', () => {
  test.each([
    ['binary', BINARY, binary],
    ['compact', COMPACT, compact],
  ])('in %s is answered, not compressed', async (_name, number, Protocol) => {
    raw.send(framed(withHeaders(described(number, [ZLIB]), deflateSync(ping(Protocol, 4)))));
    expect(await answer(Protocol)).toMatchObject({ kind: 'reply', name: 'ping', seqid: 4 });
  });

  test('that is no zlib ends its connection with a PROTOCOL_ERROR', async () => {
    raw.send(framed(withHeaders(described(BINARY, [ZLIB]), Buffer.from('not compressed'))));
    await expectEnd(/cannot be inflated within the limit/);
  });

  test('that is larger than a message may be ends its connection, and little of it is unpacked', async () => {
    const listener = await OwnListener.start(server, {}, { limits: { messageBytes: 100_000 } });
    raw.close();
    raw = await RawConnection.open(listener.address);
    const bomb = deflateSync(Buffer.concat([ping(), Buffer.alloc(50_000_000)]));
    expect(bomb.length).toBeLessThan(100_000);
    raw.send(framed(withHeaders(described(BINARY, [ZLIB]), bomb)));
    await expectEnd(/cannot be inflated within the limit/);
    await listener.stop();
  });

  test.each([
    ['snappy', [2]],
    ['twice', [ZLIB, ZLIB]],
    ['by 100 transforms', Array(100).fill(ZLIB)],
  ])('%s is refused, and its connection goes on', async (_how, transforms) => {
    const before = await http.refusals('no-call');
    raw.send(framed(withHeaders(described(BINARY, transforms), ping())));
    const refusal = decoded(await raw.answer());
    expect(refusal).toMatchObject({ kind: 'exception', exceptionType: 7 });
    expect(refusal.exceptionMessage).toMatch(/^transforms .* in the headers; only 1 \(zlib\) is served$/);
    expect(await http.refusals('no-call')).toBe(before + 1);
    raw.send(framed(withHeaders(described(BINARY, []), ping())));
    expect(await answer()).toMatchObject({ kind: 'reply' });
  });
});

/** Passes when the connection ends behind a PROTOCOL_ERROR with this text, with headers once those of the request are known. */
async function expectEnd(why: RegExp, protocol = binary): Promise<void> {
  const [refusal, ...more] = await raw.ended();
  const headers = refusal!.readUInt16BE(0) === 0x0fff ? 10 + 4 * refusal!.readUInt16BE(8) : 0;
  expect(decoded(refusal!.subarray(headers), protocol)).toMatchObject({
    kind: 'exception',
    exceptionType: 7,
    exceptionMessage: expect.stringMatching(why),
  });
  expect(more).toEqual([]);
}

const LARGEST_WORD = Buffer.from('ffffffffff', 'hex');

test.each<[what: string, content: Buffer, why: RegExp, protocol?: ProtocolClass]>([
  ['in too few bytes', Buffer.from('0fff00000000', 'hex'), /headers in 6 bytes/],
  [
    'longer than their frame',
    withHeaders(described(BINARY, []), ping(), { words: 1000 }),
    /headers of 4010 bytes in a frame of/,
  ],
  ['of 65,535 words', withHeaders(described(BINARY, []), ping(), { words: 0xffff }), /headers of 262150 bytes/],
  ['of no word', withHeaders(Buffer.alloc(0), ping()), /end in the middle of a value/],
  [
    'of a protocol that is none',
    withHeaders(described(9, []), ping()),
    /none of 0 \(binary\), 1 \(JSON\), 2 \(compact\)/,
  ],
  [
    'of another protocol than the message',
    withHeaders(described(COMPACT, []), ping()),
    /in no protocol that is served/,
    compact,
  ],
  [
    'with a number that does not end',
    withHeaders(Buffer.concat([varint(0), LARGEST_WORD]), ping()),
    /more than 5 bytes/,
  ],
  [
    'with more transforms than bytes',
    withHeaders(Buffer.concat([varint(0), varint(90), varint(1)]), ping()),
    /middle of a value/,
  ],
  [
    'with more keys than any client has',
    withHeaders(described(BINARY, [], varint(1), varint(101)), ping()),
    /101 keys in the headers; at most 100/,
  ],
  [
    'with more keys than follow',
    withHeaders(described(BINARY, [], varint(1), varint(9), text('key')), ping()),
    /middle of a (text|value)/,
  ],
  [
    'with a key longer than they are',
    withHeaders(described(BINARY, [], varint(1), varint(1), varint(5000)), ping()),
    /middle of a text/,
  ],
  [
    'with a key of four thousand million bytes',
    withHeaders(described(BINARY, [], varint(1), varint(1), varint(0xffffffff)), ping()),
    /middle of a text/,
  ],
  ['before no message', withHeaders(described(BINARY, []), Buffer.alloc(0)), /in no protocol that is served/],
])(
  'headers %s end their connection with a PROTOCOL_ERROR, and others are served',
  async (_what, content, why, protocol = binary) => {
    const before = await http.refusals('malformed');
    raw.send(framed(content));
    await expectEnd(why, protocol);
    expect(await http.refusals('malformed')).toBe(before + 1);
    expect(await admin.auth.ping()).toBe('test');
  },
);

test('headers cut off at any byte never end the process', async () => {
  const whole = withHeaders(described(BINARY, [], keyValues({ authorization: `Token ${admin.token}` })), ping());
  for (let length = 2; length < whole.length; length += 3) {
    const cut = await RawConnection.open(server.address);
    cut.send(framed(whole.subarray(0, length)));
    await cut.ended();
  }
  expect(await admin.auth.ping()).toBe('test');
});
