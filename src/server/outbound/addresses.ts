/**
 * Which servers steps and webhooks may call. What is forbidden is forbidden also where it is allowed; where some are allowed, all others are not.
 *
 * An entry is a host name (`example.org`, `*.example.org` for all below it), an address (`10.0.0.7`, `::1`) or a range of addresses
 * (`10.0.0.0/8`). Names are held against the name in the address; addresses against what that name stands for when it is called, so that
 * no name leads to a forbidden address.
 */
import { BlockList, isIP } from 'node:net';

export interface OutboundSettings {
  /** Nobody else is called; empty: everybody that is not denied. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Where clouds tell a machine its secrets, and what no route leads to. */
export const DEFAULT_DENY = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '192.0.0.192',
];

export const DEFAULT_OUTBOUND: OutboundSettings = { allow: [], deny: DEFAULT_DENY };

/** Thrown when this server may not be called. */
export class ForbiddenAddress extends Error {}

export class AddressRules {
  readonly #allow: Entries;
  readonly #deny: Entries;

  /** @throws Error naming an entry that is none */
  constructor({ allow, deny }: OutboundSettings) {
    this.#allow = new Entries(allow);
    this.#deny = new Entries(deny);
  }

  /** @param host as it stands in the address. @throws ForbiddenAddress */
  checkHost(host: string): void {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (this.#deny.hasName(name)) throw forbidden(host, 'the settings of this server deny it');
  }

  /** @param address what `host` stands for. @throws ForbiddenAddress */
  checkAddress(host: string, address: string): void {
    const name = host.toLowerCase().replace(/\.$/, '');
    const shown = host === address ? host : `${host} (${address})`;
    if (this.#deny.hasAddress(address)) throw forbidden(shown, 'the settings of this server deny it');
    if (this.#allow.isEmpty || this.#allow.hasName(name) || this.#allow.hasAddress(address)) return;
    throw forbidden(shown, 'it is none of those that the settings of this server allow');
  }
}

const forbidden = (what: string, why: string): ForbiddenAddress =>
  new ForbiddenAddress(`${what} may not be called: ${why}`);

class Entries {
  readonly isEmpty: boolean;
  readonly #names = new Set<string>();
  /** Each with the dot before it. */
  readonly #parents: string[] = [];
  readonly #addresses = new BlockList();

  constructor(entries: readonly string[]) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries) this.#add(entry);
  }

  hasName(name: string): boolean {
    return this.#names.has(name) || this.#parents.some(parent => name.endsWith(parent));
  }

  /** An IPv4 address in the form of IPv6 is found as the former. */
  hasAddress(address: string): boolean {
    const kind = isIP(address);
    return kind !== 0 && this.#addresses.check(address, kind === 6 ? 'ipv6' : 'ipv4');
  }

  #add(entry: string): void {
    const [address = '', bits, more] = entry.split('/');
    const kind = isIP(address);
    const family = kind === 6 ? 'ipv6' : 'ipv4';
    if (kind !== 0 && bits === undefined) this.#addresses.addAddress(address, family);
    else if (kind !== 0 && more === undefined && isPrefix(bits!, kind))
      this.#addresses.addSubnet(address, Number(bits), family);
    else if (/^\*(\.[a-z0-9_-]+)+$/i.test(entry)) this.#parents.push(entry.slice(1).toLowerCase());
    else if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(entry)) this.#names.add(entry.toLowerCase());
    else throw new Error(`"${entry}" is neither a host name nor an address nor a range such as 10.0.0.0/8`);
  }
}

/** Whether a text is a host name, an address or a range of addresses. */
export function isOutboundEntry(entry: string): boolean {
  try {
    return Boolean(new Entries([entry]));
  } catch {
    return false;
  }
}

const isPrefix = (bits: string, kind: number): boolean => /^\d+$/.test(bits) && Number(bits) <= (kind === 6 ? 128 : 32);
