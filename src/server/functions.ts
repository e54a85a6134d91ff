/** Every function of the interface with what it takes to answer a call of it: its structs, its handler, whether it needs a token. */
import type { TProtocol } from 'thrift';
import type { Call, OpenCall } from '../services/call.ts';
import { generated, type ServiceName } from '../services/generated.ts';
import { type Handlers, open } from '../services/surface.ts';
import { type IdlFunction, idl } from './idl.ts';

export interface Struct {
  read(input: TProtocol): void;
  write(output: TProtocol): void;
}

export type StructClass = new (fields?: Record<string, unknown>) => Struct;

export interface ServedFunction {
  /** "JobTemplateService.fetch": for logs. */
  readonly fullName: string;
  readonly name: string;
  readonly idl: IdlFunction;
  readonly Arguments: StructClass;
  readonly Result: StructClass;
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

  /** @param name "fetch", or "JobTemplateService:fetch" as multiplexing clients write it */
  find(name: string): ServedFunction | undefined {
    const colon = name.indexOf(':');
    if (colon === -1) return this.#byPlainName.get(name);
    return this.#byService.get(name.slice(0, colon))?.get(name.slice(colon + 1));
  }
}

function functionsOf(service: ServiceName, handlers: Handlers): ReadonlyMap<string, ServedFunction> {
  const structs = generated[service] as unknown as Readonly<Record<string, StructClass>>;
  const handler = handlers[service] as unknown as Readonly<Record<string, ServedFunction['handle']>>;
  const openNames: readonly string[] = service in open ? open[service as keyof typeof open] : [];
  return new Map(
    Object.entries(idl.services[service]!.functions).map(([name, idlFunction]) => [
      name,
      {
        fullName: `${service}.${name}`,
        name,
        idl: idlFunction,
        Arguments: structs[`${service}_${name}_args`]!,
        Result: structs[`${service}_${name}_result`]!,
        needsToken: !openNames.includes(name),
        handle: handler[name]?.bind(handler),
      },
    ]),
  );
}
