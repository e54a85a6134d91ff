/** Every way to call that the server takes: a transport and a protocol. What it does not take yet is off. */
import { httpTransport } from './http.ts';
import { plainJson } from './plain-json.ts';
import { binary, compact, json, oldBinary, type Protocol } from './protocols.ts';
import { framedTransport, headerTransport, type Transport, unframedTransport } from './transports.ts';

export interface Channel {
  readonly transport: Transport;
  readonly protocol: Protocol;
  readonly on: boolean;
}

const everyChannel: readonly Channel[] = [
  { transport: framedTransport, protocol: binary, on: true },
  { transport: framedTransport, protocol: compact, on: true },
  { transport: framedTransport, protocol: oldBinary, on: true },
  { transport: framedTransport, protocol: json, on: true },
  { transport: unframedTransport, protocol: binary, on: true },
  { transport: unframedTransport, protocol: compact, on: true },
  { transport: unframedTransport, protocol: oldBinary, on: true },
  { transport: unframedTransport, protocol: json, on: true },
  { transport: headerTransport, protocol: binary, on: true },
  { transport: headerTransport, protocol: compact, on: true },
  { transport: headerTransport, protocol: json, on: true },
  { transport: httpTransport, protocol: binary, on: true },
  { transport: httpTransport, protocol: compact, on: true },
  { transport: httpTransport, protocol: json, on: true },
  { transport: httpTransport, protocol: plainJson, on: true },
];

export const channels: readonly Channel[] = everyChannel.filter(({ on }) => on);

export const channelName = ({ transport, protocol }: Channel): string => `${transport.name} ${protocol.name}`;
