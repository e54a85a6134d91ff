/**
 * All services of the interface, typed by what the Thrift compiler generated: a handler that misses a function, or has one with
 * the wrong shape, does not compile. Functions that are not built yet stand in `notBuilt` and nowhere else.
 */
import type { Call, OpenCall } from './call.ts';
import type { Clients, ServiceName } from './generated.ts';
import type { notBuilt } from './not-built.ts';

/** Functions that need no token. */
export const open = {
  AuthenticationService: ['login', 'authenticate', 'ping'],
  UserService: ['forgotPassword', 'resendConfirmation', 'validateWithToken', 'joinWithToken', 'recoverPassword'],
} as const satisfies {
  readonly [S in ServiceName]?: readonly (keyof Clients[S])[];
};

type NamesIn<List, S> = S extends keyof List ? (List[S] extends readonly (infer Name)[] ? Name : never) : never;
type CallOf<S, F> = F extends NamesIn<typeof open, S> ? OpenCall : Call;

/** What the handler class of a service implements: every function of the interface but those not built yet. */
export type Handler<S extends ServiceName> = {
  [F in Exclude<keyof Clients[S], NamesIn<typeof notBuilt, S>>]: Clients[S][F] extends (
    ...args: infer Args
  ) => Promise<infer Result>
    ? (call: CallOf<S, F>, ...args: Args) => Promise<Result>
    : never;
};

export type Handlers = { readonly [S in ServiceName]: Handler<S> };
