/**
 * Thrift calls over HTTP: POST /api/<module>. The body is a message in the binary, compact or JSON protocol without a frame, or the
 * plain JSON form:
 *
 *   {"method": "fetch", "arguments": {"templateIds": ["…"]}}
 *   {"method": "fetch", "result": {"success": …}}              a declared error under its own name: {"result": {"err": {…}}}
 *   {"method": "nope", "exception": {"message": "…", "type": 1}}   what is no function of the module
 *
 * The answer has the form of the request. Calls that fail in a declared way are answered with status 200: HTTP did its part.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BadRequest, Busy } from '../../base/errors.ts';
import type { ServiceName } from '../../services/generated.ts';
import type { Calls, Outcome } from '../calls.ts';
import type { Functions, ServedFunction } from '../functions.ts';
import { resultFields } from '../functions.ts';
import { argumentsFromJson, toJson } from '../json.ts';
import type { Limits } from '../limits.ts';
import { type Metrics, REFUSALS } from '../metrics.ts';
import { ByteWriter } from '../wire/bytes.ts';
import { parsedJson } from '../wire/json-text.ts';
import type { Messages } from '../wire/messages.ts';
import { BeyondLimit, ExceptionType, Malformed } from '../wire/protocol.ts';
import { httpSession } from './door.ts';
import type { Exchange, Route } from './exchange.ts';

/** The module of each service, as its path names it. */
export const modules: Readonly<Record<ServiceName, string>> = {
  JobTemplateService: 'job_templates',
  JobsService: 'jobs',
  AuthenticationService: 'auth',
  TeamService: 'teams',
  UserService: 'users',
  RoleService: 'roles',
  GroupService: 'groups',
  AuditService: 'audit',
  TagService: 'tags',
  MetadataService: 'metadata',
  AbacService: 'abac',
  GroupHeaderContentService: 'group_headers',
  DataSheetService: 'data_sheets',
  DocumentService: 'document_service',
  ComponentService: 'components',
  FieldDataService: 'field_data',
  FormulaService: 'formulas',
  NotificationService: 'notifications',
};

const services = new Map((Object.keys(modules) as ServiceName[]).map(service => [modules[service], service]));

export interface ApiParts {
  readonly messages: Messages;
  readonly functions: Functions;
  readonly calls: Calls;
  readonly limits: Limits;
  readonly metrics: Metrics;
}

export const apiRoutes = (parts: ApiParts): readonly Route[] => [
  {
    method: 'POST',
    path: new RegExp(`^/api/(?<module>${[...services.keys()].join('|')})/?$`),
    handle: exchange => answer(exchange, parts),
  },
];

async function answer(exchange: Exchange, parts: ApiParts): Promise<void> {
  const { request } = exchange;
  const service = services.get(exchange.parameters.module!)!;
  const content = await bodyOf(request, parts);
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (isPlainJson(type, content)) return answerJson(exchange, parts, service, content);
  const output = new ByteWriter(1024);
  const { requestId } = await parts.messages.answer(
    { content, framing: 'unframed', service },
    httpSession(request),
    output,
  );
  if (requestId) exchange.response.setHeader('X-Request-Id', requestId);
  await send(exchange, type || 'application/x-thrift', output.written());
}

/** A message of Thrift's JSON protocol is an array, the plain form an object. */
const isPlainJson = (type: string, content: Buffer): boolean =>
  type === 'application/json' || type === 'text/json'
    ? !/^\s*\[/.test(content.toString('latin1', 0, 20))
    : content[0] === 0x7b;

async function bodyOf(request: IncomingMessage, parts: ApiParts): Promise<Buffer> {
  const { limits, metrics } = parts;
  const late = AbortSignal.timeout(limits.halfMessageMs);
  const stop = () => request.destroy();
  late.addEventListener('abort', stop);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      metrics.halfBytes += chunk.length;
      if (metrics.halfBytes > limits.halfMessagesBytes) throw tooManyHalves(parts);
      if (bytes > limits.messageBytes) {
        metrics.refused('http-too-long');
        throw new BadRequest(
          'limit-exceeded',
          `body: longer than ${limits.messageBytes} bytes, the most that a message may have`,
        );
      }
      chunks.push(chunk);
    }
  } finally {
    metrics.halfBytes -= bytes;
    late.removeEventListener('abort', stop);
    if (late.aborted) metrics.refused('half-message');
  }
  return Buffer.concat(chunks);
}

function tooManyHalves({ limits, metrics }: ApiParts): Busy {
  metrics.refused('half-messages-in-all');
  return new Busy(
    'overloaded',
    `the server waits for the rest of messages of more than ${limits.halfMessagesBytes} bytes already; try again in a moment`,
    { exceeded: 'halfMessagesBytes' },
  );
}

async function answerJson(exchange: Exchange, parts: ApiParts, service: ServiceName, content: Buffer): Promise<void> {
  const asked = parsed(content, parts);
  const { method } = asked;
  const served = parts.functions.find(method, service);
  if (!served) {
    const exception = { message: `Unknown function ${method.slice(0, 200)}`, type: ExceptionType.UNKNOWN_METHOD };
    return send(exchange, 'application/json', Buffer.from(JSON.stringify({ method: method.slice(0, 200), exception })));
  }
  const read = () => argumentsFromJson(served.idl.arguments, asked.arguments, parts.limits);
  const outcome = await parts.calls.answer(served, read, httpSession(exchange.request));
  exchange.response.setHeader('X-Request-Id', outcome.requestId);
  const result = resultJson(served, outcome, parts.calls);
  await send(exchange, 'application/json', Buffer.from(JSON.stringify({ method, result })));
}

function resultJson(served: ServedFunction, outcome: Outcome, calls: Calls): Record<string, unknown> {
  const inJson = ({ field, value }: Outcome) => {
    const declared = resultFields(served.idl).find(({ name }) => name === field);
    return declared && value != null ? { [field]: toJson(declared.type, value) } : {};
  };
  try {
    return inJson(outcome);
  } catch (error) {
    return inJson(calls.unwritten(served, outcome.requestId, error));
  }
}

interface Asked {
  readonly method: string;
  readonly arguments: unknown;
}

/** @throws BadRequest (400) when it is not of the form {"method": "…", "arguments": {…}} */
function parsed(content: Buffer, parts: ApiParts): Asked {
  const json = jsonIn(content, parts);
  if (typeof json === 'object' && json !== null && 'method' in json && typeof json.method === 'string') {
    return { method: json.method, arguments: 'arguments' in json ? json.arguments : {} };
  }
  throw new BadRequest('invalid-argument', 'body: expected {"method": "…", "arguments": {…}}');
}

function jsonIn(content: Buffer, { limits, metrics }: ApiParts): unknown {
  try {
    return parsedJson(content, limits);
  } catch (error) {
    if (error instanceof Malformed) throw new BadRequest('invalid-argument', `body: ${error.message}`);
    if (!(error instanceof BeyondLimit)) throw error;
    metrics.refused(REFUSALS[error.limit]!);
    throw new BadRequest('limit-exceeded', `body: ${error.message}`, { field: 'body', exceeded: error.limit });
  }
}

const WORTH_COMPRESSING = 1400;
const compressed = promisify(gzip);

async function send({ request, response }: Exchange, type: string, body: Buffer): Promise<void> {
  response.setHeader('Content-Type', type);
  const wanted = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(request.headers['accept-encoding'] ?? '');
  if (type.endsWith('json')) response.setHeader('Vary', appended(response, 'Accept-Encoding'));
  const zipped = wanted && type.endsWith('json') && body.length >= WORTH_COMPRESSING;
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  const bytes = zipped ? await compressed(body) : body;
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

const appended = (response: ServerResponse, name: string): string =>
  [response.getHeader('Vary'), name].filter(Boolean).join(', ');
