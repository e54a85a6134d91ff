/**
 * What the server counts, in the form that Prometheus reads. Calls are counted in plain numbers, per function: a call of a few
 * microseconds must not pay for labels; what is read now and then is put together when it is read.
 */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** Upper bounds in seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Why something was refused before it became a call, a connection was closed, or a client had to wait. `docs/limits.md` explains each. */
export type Refusal =
  | 'no-call'
  | 'malformed'
  | 'frame-too-long'
  | 'connections'
  | 'connections-per-address'
  | 'unauthenticated'
  | 'half-message'
  | 'half-messages-in-all'
  | 'idle'
  | 'unread'
  | 'tls'
  | 'unknown-protocol'
  | 'pipelined'
  | 'overloaded'
  | 'http-too-long'
  | 'string-bytes'
  | 'container-elements'
  | 'message-elements'
  | 'nesting'
  | 'json-bytes'
  | 'request-time'
  | 'sockets'
  | 'sockets-per-user'
  | 'subscriptions';

/** By the limit that a refusal names in its details. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  stringBytes: 'string-bytes',
  containerElements: 'container-elements',
  messageElements: 'message-elements',
  nesting: 'nesting',
  jsonBytes: 'json-bytes',
  callsInFlight: 'overloaded',
  requestMs: 'request-time',
};

export type Transport = 'thrift' | 'http';

/** What one function has done so far. */
export class FunctionMetrics {
  readonly method: string;
  readonly outcomes = new Map<string, number>();
  readonly buckets = new Array<number>(BUCKETS.length + 1).fill(0);
  seconds = 0;
  count = 0;

  constructor(method: string) {
    this.method = method;
  }

  /** A call that was counted in the same turn had another outcome after all. */
  recount(counted: string, outcome: string): void {
    this.#add(counted, -1);
    this.#add(outcome, 1);
  }

  observe(outcome: string, milliseconds: number): void {
    this.#add(outcome, 1);
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++;
    this.buckets[bucket]!++;
    this.seconds += seconds;
    this.count++;
  }

  #add(outcome: string, calls: number): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + calls);
  }
}

/** The other processes of the same server. */
export interface OtherProcesses {
  /** What each of them has counted, as prom-client has it. @throws Error when one does not answer */
  counts(): Promise<readonly object[][]>;
  /** What to tell them when they ask the same of this one. */
  onCountsAsked(tell: () => Promise<object[]>): void;
}

export class Metrics {
  readonly #others: OtherProcesses | undefined;
  readonly #registry = new Registry();
  readonly #functions = new Map<string, FunctionMetrics>();
  readonly #refusals: Counter<'reason'>;
  readonly #connections: Gauge<'transport'>;
  received = 0;
  sent = 0;
  running = 0;
  /** Calls that wait for something to happen. */
  waiting = 0;
  /** Web sockets that are open. */
  sockets = 0;
  /** Of messages that have begun and are not whole, of all connections. */
  halfBytes = 0;

  constructor(others?: OtherProcesses) {
    this.#others = others;
    others?.onCountsAsked(() => this.#registry.getMetricsAsJSON());
    const registers = [this.#registry];
    this.#refusals = new Counter({
      name: 'jobwright_refusals_total',
      help: 'What was refused, closed or made to wait, by reason',
      labelNames: ['reason'],
      registers,
    });
    this.#connections = new Gauge({
      name: 'jobwright_connections',
      help: 'Open connections',
      labelNames: ['transport'],
      registers,
    });
    this.#read('jobwright_received_bytes_total', 'Bytes that arrived', () => this.received);
    this.#read('jobwright_sent_bytes_total', 'Bytes that were sent', () => this.sent);
    this.#read('jobwright_calls_running', 'Calls that are being worked on', () => this.running, 'gauge');
    this.#read('jobwright_calls_waiting', 'Calls that wait for something to happen', () => this.waiting, 'gauge');
    this.#read('jobwright_sockets', 'Open web sockets', () => this.sockets, 'gauge');
    this.#read('jobwright_half_message_bytes', 'Bytes of messages that are not whole', () => this.halfBytes, 'gauge');
    this.#register('jobwright_calls_total', 'Calls by function and outcome', 'counter', () => this.#callCounts());
    this.#register('jobwright_call_seconds', 'Time of calls by function', 'histogram', () => this.#callTimes());
  }

  /** Beside ours, what the process itself tells: memory, descriptors, the event loop's delay. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.#registry });
    return this;
  }

  of(method: string): FunctionMetrics {
    const known = this.#functions.get(method);
    if (known) return known;
    const made = new FunctionMetrics(method);
    this.#functions.set(method, made);
    return made;
  }

  refused(reason: Refusal): void {
    this.#refusals.inc({ reason });
  }

  opened(transport: Transport): void {
    this.#connections.inc({ transport });
  }

  closed(transport: Transport): void {
    this.#connections.dec({ transport });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Of all processes of the server together: a sum, where it is not a time or an average. */
  async text(): Promise<string> {
    if (!this.#others) return this.#registry.metrics();
    const others = await this.#others.counts();
    return AggregatorRegistry.aggregate([await this.#registry.getMetricsAsJSON(), ...others]).metrics();
  }

  #callCounts(): MetricValue<string>[] {
    return [...this.#functions.values()].flatMap(({ method, outcomes }) =>
      [...outcomes].map(([outcome, value]) => ({ value, labels: { method, outcome } })),
    );
  }

  #callTimes(): MetricValue<string>[] {
    const metricName = (part: string) => ({ metricName: `jobwright_call_seconds_${part}` });
    return [...this.#functions.values()].flatMap(({ method, buckets, seconds, count }) => {
      let below = 0;
      const values: MetricValue<string>[] = buckets.map((inBucket, index) => {
        below += inBucket;
        return { value: below, labels: { method, le: BUCKETS[index] ?? '+Inf' }, ...metricName('bucket') };
      });
      values.push({ value: seconds, labels: { method }, ...metricName('sum') });
      values.push({ value: count, labels: { method }, ...metricName('count') });
      return values;
    });
  }

  #read(name: string, help: string, value: () => number, type: 'counter' | 'gauge' = 'counter'): void {
    this.#register(name, help, type, () => [{ value: value(), labels: {} }]);
  }

  /** The registry asks a metric for its values when it is read; that is all it needs to know of it. */
  #register(name: string, help: string, type: string, values: () => MetricValue<string>[]): void {
    const get = async () =>
      ({ name, help, type, values: values(), aggregator: 'sum' }) as unknown as MetricObjectWithValues<
        MetricValue<string>
      >;
    this.#registry.registerMetric({ name, help, get, reset: () => {} } as never);
  }
}
