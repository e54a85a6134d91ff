/** Thrift calls as bodies of HTTP requests on a connection that is kept alive: written and cut by hand, so that any byte can be wrong. */
import { gunzipSync } from 'node:zlib';
import { modules } from '../../src/server/http/api.ts';
import { BadAnswer } from './decode.ts';
import { type Answer, framedTransport, type Transport, unframedTransport } from './transports.ts';

const contentTypes: Readonly<Record<string, string>> = {
  json: 'application/vnd.apache.thrift.json',
  'plain json': 'application/json',
};

/** Heads of requests as they are written here: what has any other may be taken for something else. */
const OWN_HEAD =
  /^POST \/api\/[a-z_]+ HTTP\/1\.1\r\nHost: fuzzed\r\nContent-Type: [a-z./-]+\r\nContent-Length: (\d+)\r\n(?:Authorization: Token [\w-]+\r\n)?(?:Accept-Encoding: gzip\r\n)?\r\n$/;
const HEAD_END = Buffer.from('\r\n\r\n');

export const httpTransport: Transport = {
  name: 'http',
  carriesToken: true,
  wrap(message, protocol, { random, service, token }) {
    const lines = [
      `POST /api/${modules[service as keyof typeof modules]} HTTP/1.1`,
      'Host: fuzzed',
      `Content-Type: ${contentTypes[protocol.name] ?? 'application/x-thrift'}`,
    ];
    const chunked = random.chance(0.1);
    lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${message.length}`);
    if (token) lines.push(`Authorization: Token ${token}`);
    if (random.chance(0.1)) lines.push('Accept-Encoding: gzip');
    const half = message.length >> 1;
    const body = chunked ? inChunks([message.subarray(0, half), message.subarray(half)]) : message;
    return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
  },
  cut(bytes) {
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) return undefined;
    const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first!)?.[1]);
    if (!status) throw new BadAnswer(`an answer over HTTP that begins with "${first!.slice(0, 60)}"`);
    const headers = new Map(lines.map(line => [line.split(':')[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, '')]));
    const start = end + HEAD_END.length;
    const body = headers.has('transfer-encoding')
      ? cutChunks(bytes, start)
      : cutLength(bytes, start, Number(headers.get('content-length') ?? 0));
    if (!body) return undefined;
    const unzipped = headers.get('content-encoding') === 'gzip' ? gunzipSync(body.bytes) : body.bytes;
    const answer: Answer = { bytes: unzipped, status };
    return { answer, rest: bytes.subarray(body.end) };
  },
  demand(bytes) {
    let answers = 0;
    for (let at = 0; at < bytes.length; answers++) {
      const end = bytes.indexOf(HEAD_END, at);
      const length = end === -1 ? undefined : OWN_HEAD.exec(bytes.toString('latin1', at, end + HEAD_END.length))?.[1];
      if (length === undefined) return { answers, certain: false };
      at = end + HEAD_END.length + Number(length);
      if (at > bytes.length) return { answers, certain: false };
    }
    return { answers, certain: true };
  },
};

const TLS_ALERT = Buffer.from([0x15, 0x03]);

/** An alert, and then the end of the connection. */
const tls: Pick<Transport, 'cut'> = {
  cut: bytes => ({ answer: { bytes, status: 400 }, rest: bytes.subarray(bytes.length) }),
};

/** How an answer travels that begins in another way than those of this transport. */
export function otherTransport(bytes: Buffer, own: Transport): Pick<Transport, 'cut'> | undefined {
  if (bytes.subarray(0, 9).equals(Buffer.from('HTTP/1.1 '))) return httpTransport;
  if (bytes.subarray(0, 2).equals(TLS_ALERT)) return tls;
  if (own === httpTransport) return undefined;
  // The lengths of frames begin with 0, messages do not.
  if (own === unframedTransport) return bytes[0] === 0 ? framedTransport : undefined;
  return bytes[0] === 0x80 || bytes[0] === 0x82 || bytes[0] === 0x5b ? unframedTransport : undefined;
}

function inChunks(parts: readonly Buffer[]): Buffer {
  const chunks = parts
    .filter(part => part.length > 0)
    .map(part => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

function cutLength(bytes: Buffer, start: number, length: number): { bytes: Buffer; end: number } | undefined {
  const end = start + length;
  return bytes.length < end ? undefined : { bytes: bytes.subarray(start, end), end };
}

function cutChunks(bytes: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const length = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const end = line + 2 + length + 2;
    if (Number.isNaN(length)) throw new BadAnswer('an answer over HTTP in chunks that make no sense');
    if (bytes.length < end) return undefined;
    if (length === 0) return { bytes: Buffer.concat(parts), end };
    parts.push(bytes.subarray(line + 2, end - 2));
    at = end;
  }
}
