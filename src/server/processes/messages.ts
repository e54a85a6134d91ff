/** What the first process and its workers tell each other, over the channel that the first process opens to each. */

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number | undefined;
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly place: Place }
  /** It cannot start. `message` is for people. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It wants the pen (store/pen.ts), or gives it back. */
  | { readonly kind: 'pen-ask' }
  | { readonly kind: 'pen-back' }
  /** It wants to know what the other workers have counted; `id` is its own. */
  | { readonly kind: 'counts-ask'; readonly id: number }
  /** What it has counted, as prom-client has it. */
  | { readonly kind: 'counts'; readonly round: number; readonly counts: object[] };

export type ToWorker =
  /** Answer what runs, and end. */
  | { readonly kind: 'stop' }
  /** It has the pen. `wanted`: others wait already. */
  | { readonly kind: 'pen-granted'; readonly wanted: boolean }
  /** Others wait for the pen that it has. */
  | { readonly kind: 'pen-wanted' }
  /** Tell what you have counted. */
  | { readonly kind: 'counts-ask'; readonly round: number }
  /** What the others have counted, as asked for. */
  | { readonly kind: 'counts'; readonly id: number; readonly counts: readonly object[][] };
