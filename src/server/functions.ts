/**
 * Every function of the interface with what it takes to answer a call of it: how its arguments are read and its result is written,
 * its handler, whether it needs a token.
 */
import type { Call, OpenCall } from '../services/call.ts';
import { generated, type ServiceName } from '../services/generated.ts';
import { type Handlers, open } from '../services/surface.ts';
import { type IdlField, type IdlFunction, idl } from './idl.ts';
import { argumentsReader } from './wire/decode.ts';
import { type ResultWriter, resultWriter } from './wire/encode.ts';
import type { WireProtocol } from './wire/protocol.ts';

export interface ServedFunction {
  /** "JobTemplateService.fetch": for logs. */
  readonly fullName: string;
  readonly name: string;
  readonly idl: IdlFunction;
  readonly readArguments: (input: WireProtocol) => Readonly<Record<string, unknown>>;
  readonly writeResult: ResultWriter;
  readonly needsToken: boolean;
  /** Absent when this version does not serve the function yet. */
  readonly handle: ((call: Call | OpenCall, ...args: unknown[]) => Promise<unknown>) | undefined;
}

export class Functions {
  readonly #byService = new Map<string, ReadonlyMap<string, ServedFunction>>();
  readonly #byPlainName = new Map<string, ServedFunction>();

  constructor(handlers: Handlers) {
    for (const service of Object.keys(generated) as ServiceName[]) {
      const functions = functionsOf(service, handlers);
      this.#byService.set(service, functions);
      for (const [name, served] of functions) if (!this.#byPlainName.has(name)) this.#byPlainName.set(name, served);
    }
  }

  /**
   * @param name "fetch", or "JobTemplateService:fetch" as multiplexing clients write it
   * @param service the only one that a plain name is looked up in, where the way that the call came names one
   */
  find(name: string, service?: ServiceName): ServedFunction | undefined {
    const colon = name.indexOf(':');
    if (colon !== -1) return this.#byService.get(name.slice(0, colon))?.get(name.slice(colon + 1));
    return service ? this.#byService.get(service)?.get(name) : this.#byPlainName.get(name);
  }

  *[Symbol.iterator](): Generator<ServedFunction> {
    for (const functions of this.#byService.values()) yield* functions.values();
  }
}

function functionsOf(service: ServiceName, handlers: Handlers): ReadonlyMap<string, ServedFunction> {
  const handler = handlers[service] as unknown as Readonly<Record<string, ServedFunction['handle']>>;
  const openNames: readonly string[] = service in open ? open[service as keyof typeof open] : [];
  return new Map(
    Object.entries(idl.services[service]!.functions).map(([name, idlFunction]) => [
      name,
      {
        fullName: `${service}.${name}`,
        name,
        idl: idlFunction,
        readArguments: argumentsReader(idlFunction.arguments),
        writeResult: resultWriter(resultFields(idlFunction)),
        needsToken: !openNames.includes(name),
        handle: handler[name]?.bind(handler),
      },
    ]),
  );
}

/** What Thrift makes of a function's answer: a struct of which one field is set, 0 for what is returned. */
export const resultFields = ({ returns, throws }: IdlFunction): readonly IdlField[] => [
  ...(returns === 'void' ? [] : [{ id: 0, name: 'success', required: 'optional', type: returns } as const]),
  ...throws.map(
    ({ id, name, exception }) => ({ id, name, required: 'optional', type: { struct: exception } }) as const,
  ),
];
