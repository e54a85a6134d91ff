/**
 * One web socket: what a client says, in JSON, each answered before the next is looked at:
 *
 *   {"msgType": "subscribe", "jobIds": […], "senderId": "…", "token": "…"}     each job that it may see answers with its JobState
 *   {"msgType": "unsubscribe", "jobIds": […]}, or with "all": true
 *   {"msgType": "StepInfoResponse", "message": {"jobId", "stepId", "questionResponse", "comment"}}
 *
 * What cannot be done is answered with an Error message. The token comes with the request for the socket, or in any message.
 */
import type { RawData, WebSocket } from 'ws';
import { NotificationType } from '#gen/notifications_types';
import { BadRequest, Busy, DomainError, InvalidToken, Unauthorized } from '../../base/errors.ts';
import type { Position } from '../../domain/cursors.ts';
import { type Caller, teamsOf } from '../../domain/privileges.ts';
import { callerOf } from '../../services/authentication/caller.ts';
import { idList } from '../../services/checks.ts';
import { viewerOf } from '../../services/notifications/filter.ts';
import { jobStates } from '../../services/notifications/states.ts';
import { keepable } from '../arguments.ts';
import { eventMessage } from '../event-messages.ts';
import { parsedJson } from '../wire/json-text.ts';
import { BeyondLimit, Malformed } from '../wire/protocol.ts';
import { Following } from './following.ts';
import { CLOSES, type SocketParts } from './socket-parts.ts';
import { answerStep } from './step-answers.ts';

/** What a client says. Which members there are is looked at where they are used. */
export interface Said {
  readonly msgType: string;
  readonly [member: string]: unknown;
}

export interface Beginning {
  /** That came with the request. */
  readonly token: string | undefined;
  readonly address: string;
  /** @returns false when the user has too many sockets already */
  readonly admit: (userId: string) => boolean;
}

const LONGEST_SENDER = 200;

export class EventSocket {
  readonly address: string;
  userId: string | undefined;
  tokenId: string | undefined;
  token: string | undefined;
  readonly #parts: SocketParts;
  readonly #socket: WebSocket;
  readonly #admit: Beginning['admit'];
  /** By team. */
  readonly #followed = new Map<string, Following>();
  readonly #waiting: { readonly data: RawData; readonly isBinary: boolean }[] = [];
  #working = false;
  #ended = false;

  constructor(parts: SocketParts, socket: WebSocket, { token, address, admit }: Beginning) {
    this.#parts = parts;
    this.#socket = socket;
    this.#admit = admit;
    this.address = address;
    this.token = token;
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
  }

  /** Sends no more. */
  end(): void {
    this.#ended = true;
    this.#waiting.length = 0;
    for (const following of this.#followed.values()) following.end();
    this.#followed.clear();
  }

  /** The token is no good any more. */
  endToken(): void {
    this.#fail(new InvalidToken('invalid-token', 'the token has ended; log in again'));
    this.close(CLOSES.policy, 'the token has ended');
  }

  close(code: number, reason: string): void {
    this.end();
    this.#socket.close(code, reason);
  }

  /** Who has the token by now. @throws Unauthorized (401), InvalidToken (497), TokenExpired (498) */
  async caller(): Promise<Caller> {
    const { store, clock } = this.#parts;
    if (this.token === undefined)
      throw new Unauthorized('not-logged-in', 'token: there is none; send it in the message or with the request');
    return callerOf(store, this.token, clock.now());
  }

  send(msgType: string, message: Readonly<Record<string, unknown>>, timestamp = this.#parts.clock.now()): void {
    if (!this.#ended) this.#socket.send(JSON.stringify({ msgType, message, timestamp }));
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    this.#waiting.push({ data, isBinary });
    // Nothing more is read until what has arrived is answered.
    this.#socket.pause();
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next && !this.#ended; next = this.#waiting.shift()) {
      if (next.isBinary) this.close(CLOSES.notText, 'messages are JSON in text');
      else await this.#heed(next.data as Buffer);
    }
    this.#working = false;
    this.#socket.resume();
  }

  async #heed(data: Buffer): Promise<void> {
    try {
      const said = this.#understood(data);
      await this.#identify(said);
      await this.#act(said);
    } catch (error) {
      this.#fail(error);
      if (error instanceof Busy && this.userId === undefined) this.close(CLOSES.tryAgainLater, error.slug);
    }
  }

  #understood(data: Buffer): Said {
    const json = jsonOf(() => parsedJson(data, this.#parts.shared.limits));
    if (typeof json === 'object' && json !== null && 'msgType' in json && typeof json.msgType === 'string')
      return json as Said;
    throw new BadRequest('invalid-argument', 'expected {"msgType": "…", …}', { field: 'msgType' });
  }

  /** A socket is one user's, from its first good token on. */
  async #identify({ token }: Said): Promise<void> {
    const before = this.token;
    if (typeof token === 'string' && token !== '') this.token = token;
    try {
      const { userId, tokenId } = await this.caller();
      if (this.userId !== undefined && this.userId !== userId)
        throw new BadRequest('invalid-argument', "token: another user's; open a web socket for each user", {
          field: 'token',
        });
      if (this.userId === undefined && !this.#admit(userId)) throw tooMany(this.#parts.shared.limits.socketsPerUser);
      this.userId = userId;
      this.tokenId = tokenId;
    } catch (error) {
      this.token = before;
      throw error;
    }
  }

  async #act(said: Said): Promise<void> {
    if (said.msgType === 'subscribe') return this.#subscribe(said);
    if (said.msgType === 'unsubscribe') return this.#unsubscribe(said);
    if (said.msgType === 'StepInfoResponse') return answerStep(this.#parts, this, said);
    throw new BadRequest(
      'invalid-argument',
      `msgType: ${JSON.stringify(said.msgType.slice(0, 80))}; expected subscribe, unsubscribe or StepInfoResponse`,
      { field: 'msgType' },
    );
  }

  async #subscribe({ jobIds, senderId }: Said): Promise<void> {
    const { limits, metrics } = this.#parts.shared;
    const ids = textsIn('jobIds', jobIds);
    const followed = [...this.#followed.values()].reduce((count, { jobIds }) => count + jobIds.size, 0);
    if (followed + ids.length > limits.subscriptions) {
      metrics.refused('subscriptions');
      const found = `${followed} jobs are subscribed to, ${ids.length} more are asked for`;
      throw new BadRequest('limit-exceeded', `jobIds: ${found}; a web socket may have ${limits.subscriptions}`, {
        limit: String(limits.subscriptions),
      });
    }
    const caller = await this.caller();
    const sender = typeof senderId === 'string' && senderId !== '' ? senderId.slice(0, LONGEST_SENDER) : caller.tokenId;
    for (const { teamId, known, states, end } of await this.#states(caller, ids, sender)) {
      if (this.#ended) return;
      const following = this.#followed.get(teamId) ?? this.#follow(teamId, end);
      for (const jobId of known) following.jobIds.add(jobId);
      for (const state of states)
        this.send(NotificationType[state.msgType]!, eventMessage(state).message, state.timestamp);
    }
  }

  /** Where the jobs stand that the caller may see, and from where on events tell what becomes of them. */
  #states(caller: Caller, jobIds: readonly string[], senderId: string) {
    const { store, clock } = this.#parts;
    return store.read(async reader => {
      const byTeam = Map.groupBy(await reader.jobs.jobs(teamsOf(caller), jobIds), job => job.team_id);
      const teams = [];
      for (const [teamId, jobs] of byTeam) {
        const known = jobs.map(job => job.job_id);
        const asked = { viewer: viewerOf(caller, teamId), now: clock.now(), senderId };
        const states = await jobStates(reader, asked, teamId, known);
        teams.push({ teamId, known, states, end: await reader.events.end(teamId) });
      }
      return teams;
    });
  }

  #follow(teamId: string, from: Position): Following {
    const following = new Following(this.#parts, this, this.#socket, teamId, from);
    this.#followed.set(teamId, following);
    following.run().then(
      () => this.#unfollow(following),
      error => this.#lost(error),
    );
    return following;
  }

  #unfollow(following: Following): void {
    if (this.#followed.get(following.teamId) === following) this.#followed.delete(following.teamId);
  }

  /** Events cannot be followed any more: the client must begin anew. */
  #lost(error: unknown): void {
    this.#fail(error);
    const isOurs = !(error instanceof DomainError);
    this.close(isOurs ? CLOSES.tryAgainLater : CLOSES.policy, isOurs ? 'events are lost' : error.slug);
  }

  #unsubscribe({ all, jobIds }: Said): void {
    const ids = all === true ? undefined : textsIn('jobIds', jobIds);
    for (const following of this.#followed.values()) {
      for (const jobId of ids ?? [...following.jobIds]) following.jobIds.delete(jobId);
      if (following.jobIds.size > 0) continue;
      following.end();
      this.#unfollow(following);
    }
  }

  #fail(error: unknown): void {
    const { logger } = this.#parts.shared;
    if (error instanceof DomainError) {
      logger.debug({ outcome: error.slug, message: error.message }, 'a message of a web socket is refused');
      this.send('Error', { msg: error.message, msgCode: error.slug });
    } else {
      if (!this.#ended) logger.error({ err: error }, 'a web socket failed');
      this.send('Error', { msg: 'internal error', msgCode: 'internal-error' });
    }
  }
}

function jsonOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Malformed) throw new BadRequest('invalid-argument', error.message);
    if (error instanceof BeyondLimit) throw new BadRequest('limit-exceeded', error.message, { exceeded: error.limit });
    throw error;
  }
}

/** @throws BadRequest (400) */
function textsIn(field: string, value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(one => typeof one === 'string'))
    return idList(field, value).map((text, index) => keepable(text, `${field}[${index}]`));
  throw new BadRequest('invalid-argument', `${field}: expected an array of ids, at least one`, { field });
}

const tooMany = (most: number): Busy =>
  new Busy('overloaded', `the user has ${most} web sockets open already, as many as one may have; close one first`, {
    exceeded: 'socketsPerUser',
  });
