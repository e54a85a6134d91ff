/** A call's arguments read and settled, and its handler run with them. */
import { BadRequest, Unsupported } from '../base/errors.ts';
import type { Call, OpenCall } from '../services/call.ts';
import { settledArguments } from './arguments.ts';
import type { ServedFunction } from './functions.ts';
import { BeyondLimit, Untakable } from './wire/protocol.ts';

/** A call's arguments, by name. @throws Malformed, Untakable, DomainError */
export type ReadArguments = () => Readonly<Record<string, unknown>>;

/** @throws BadRequest (400) where a message is understood and a value in it cannot be taken */
function taken(read: ReadArguments): Readonly<Record<string, unknown>> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Untakable)) throw error;
    const place = error.place || 'the message';
    if (!(error instanceof BeyondLimit))
      throw new BadRequest('invalid-argument', `${place}: ${error.message}`, { field: place });
    throw new BadRequest('limit-exceeded', `${place}: ${error.message}`, { field: place, exceeded: error.limit });
  }
}

/** What the handler returns. @throws Malformed, DomainError */
export async function handled(served: ServedFunction, call: Call | OpenCall, read: ReadArguments): Promise<unknown> {
  const args = taken(read);
  const { arguments: fields } = served.idl;
  const settled = settledArguments(
    fields,
    fields.map(({ name }) => args[name]),
  );
  if (!served.handle) {
    throw new Unsupported('not-implemented', `${served.fullName}: this version of the server does not serve it yet`, {
      function: served.fullName,
    });
  }
  const value = await served.handle(call, ...settled);
  if (value == null && served.idl.returns !== 'void') throw new Error(`${served.fullName} returned nothing`);
  return value;
}
