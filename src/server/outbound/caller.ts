/**
 * Sends the requests of steps and of webhooks: one connection each, within a time limit, to addresses that the settings allow, and reads
 * no more of the answer than 1 MB. Redirects are answers like others: they are not followed.
 */
import { lookup } from 'node:dns';
import { type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isHeaderText } from '../../domain/action-faults.ts';
import type { Answer, CallOut, NoReply, Reply } from '../../domain/calling-out/call-out.ts';
import { type AddressRules, ForbiddenAddress } from './addresses.ts';

const MOST_BYTES = 1024 * 1024;

type Marks = Readonly<Record<string, string>>;

export class OutboundCaller {
  readonly #rules: AddressRules;

  constructor(rules: AddressRules) {
    this.#rules = rules;
  }

  /**
   * @param marks headers by which whoever is called tells the work from other work: the same in every attempt
   * @param signal ends it
   */
  call(sent: CallOut, marks: Marks, signal: AbortSignal): Promise<Answer> {
    return this.#ask(sent, marks, signal, readReply);
  }

  /** As call, but the body of the answer is not waited for: it may be without end, or break off. */
  post(sent: CallOut, marks: Marks, signal: AbortSignal): Promise<Pick<Reply, 'status'> | NoReply> {
    return this.#ask(sent, marks, signal, async response => {
      // Its status is known: whatever else becomes of it changes nothing.
      response.on('error', () => {}).destroy();
      return { status: response.statusCode ?? 0 };
    });
  }

  async #ask<R>(
    sent: CallOut,
    marks: Marks,
    signal: AbortSignal,
    read: (response: IncomingMessage) => Promise<R>,
  ): Promise<R | NoReply> {
    const url = URL.parse(sent.url);
    if (!url || !/^https?:$/.test(url.protocol))
      return { failure: `"${sent.url.slice(0, 200)}" is no address`, isFinal: true };
    const bad = Object.entries(sent.headers).find(([, value]) => !isHeaderText(value));
    if (bad)
      return { failure: `the value of the header ${bad[0]} has characters that headers cannot have`, isFinal: true };
    const late = AbortSignal.timeout(sent.timeoutMs);
    try {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      this.#rules.checkHost(host);
      // A literal address is connected to without being looked up.
      if (isIP(host)) this.#rules.checkAddress(host, host);
      return await this.#exchange(url, sent, marks, AbortSignal.any([signal, late]), read);
    } catch (error) {
      if (late.aborted) return { failure: `no answer within ${sent.timeoutMs / 1000} s`, isFinal: false };
      return failureOf(error as Error);
    }
  }

  #exchange<R>(
    url: URL,
    { method, headers, body }: CallOut,
    marks: Marks,
    signal: AbortSignal,
    read: (response: IncomingMessage) => Promise<R>,
  ): Promise<R> {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const options: RequestOptions = {
      method,
      headers: {
        'User-Agent': 'Jobwright',
        'Accept-Encoding': 'identity',
        ...(bytes && { 'Content-Type': 'text/plain; charset=utf-8' }),
        ...lowered(headers),
        ...(bytes && { 'Content-Length': bytes.length }),
        ...marks,
      },
      agent: false,
      lookup: this.#lookup,
      signal,
    };
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? overHttps : overHttp;
      send(url, options, response => read(response).then(resolve, reject))
        .on('error', reject)
        .end(bytes);
    });
  }

  /** Every address that a name stands for must be allowed: the one that is taken is not known yet. */
  readonly #lookup: LookupFunction = (host, options, found) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return found(error, '', 0);
      try {
        for (const { address } of addresses) this.#rules.checkAddress(host, address);
      } catch (forbidden) {
        return found(forbidden as Error, '', 0);
      }
      if (options.all) return found(null, addresses);
      const [first] = addresses;
      return found(null, first!.address, first!.family);
    });
  };
}

/** Names in lower case, so that the author's beat ours. */
const lowered = (headers: CallOut['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      ours.find(own => own.toLowerCase() === name.toLowerCase()) ?? name,
      value,
    ]),
  );

const ours = ['User-Agent', 'Accept-Encoding', 'Content-Type'];

async function readReply(response: IncomingMessage): Promise<Reply> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let isWhole = true;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes <= MOST_BYTES) continue;
    isWhole = false;
    break;
  }
  // Leaving the loop early has ended the connection.
  const body = Buffer.concat(pieces).subarray(0, MOST_BYTES);
  const { statusCode = 0, headers } = response;
  return {
    status: statusCode,
    location: headers.location,
    body: decoderOf(headers['content-type']).decode(body),
    isWhole,
  };
}

function decoderOf(contentType = ''): InstanceType<typeof TextDecoder> {
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

function failureOf(error: Error & { code?: string }): NoReply {
  if (error instanceof ForbiddenAddress) return { failure: error.message, isFinal: true };
  // Errors of several addresses tried in turn have a code and no message.
  return { failure: error.message || error.code || 'no connection', isFinal: false };
}
