/** Events as the web socket and webhooks tell them: {"msgType": "StepFinished", "message": {"jobId": …}, "timestamp": …}. */
import type { Notification } from '#gen/notifications_types';
import { structToJson } from './json.ts';

export interface EventMessage {
  readonly msgType: string;
  readonly message: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** The fields of the interface by their names, enums by name too; times in epoch milliseconds. */
export function eventMessage(notification: Notification): EventMessage {
  const { msgType, timestamp, ...message } = structToJson('notifications.Notification', notification, 'name');
  return { msgType: msgType as string, message, timestamp: timestamp as number };
}
