/**
 * Pages of a result: which rows a request asks for, and what it hears of where they stand. A page token is the number of a page with
 * a seal over it and over the query, so one that was changed, or that belongs to another query, is refused.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { MAX_PAGE_SIZE, type PageInfo, type PageReq } from '#gen/common_types';
import { canonicalJson } from '../base/canonical-json.ts';
import { BadRequest } from '../base/errors.ts';

/** A page that was asked for. */
export interface Page {
  /** From 1. */
  readonly num: number;
  readonly size: number;
  /** The place of its first row, from 0. */
  readonly offset: number;
  /** Rows up to which the result must be counted; undefined: all. */
  readonly countUpTo: number | undefined;
  readonly preview: number;
  readonly query: string;
}

const MOST_PREVIEWED = 100;
const LAST_ROW = 2 ** 31 - 1;

/**
 * @param query everything else that the result depends on, the caller's view of it included
 * @param key that tokens are sealed with
 * @throws BadRequest (400)
 */
export function pageOf(request: PageReq | null | undefined, query: unknown, key: KeyObject): Page {
  const { size = 25, skip, preview, count, pageToken } = request ?? {};
  const within = (field: string, value: number, least: number, most: number): number => {
    if (value >= least && value <= most) return value;
    throw new BadRequest('invalid-argument', `pageReq.${field}: ${value}; expected ${least} to ${most}`, {
      [`pageReq.${field}`]: String(value),
    });
  };
  const checkedSize = within('size', size, 1, MAX_PAGE_SIZE);
  const previewed = within('preview', preview ?? 0, 0, MOST_PREVIEWED);
  const sealed = canonicalJson([query, checkedSize]);
  const from = pageToken == null || pageToken === '' ? 1 : numberIn(pageToken, sealed, key);
  const mostSkipped = Math.floor(LAST_ROW / checkedSize) - from - previewed - 1;
  const num = from + within('skip', skip ?? 0, 0, mostSkipped);
  const offset = (num - 1) * checkedSize;
  const countUpTo = (count ?? true) ? undefined : offset + checkedSize * (2 + previewed) + 1;
  return { num, size: checkedSize, offset, countUpTo, preview: previewed, query: sealed };
}

/** @param total rows of the result, or `countUpTo` when there are as many or more */
export function pageInfo(page: Page, total: number, key: KeyObject): PageInfo {
  const pages = Math.ceil(total / page.size);
  const left = Math.max(0, pages - page.num);
  const told = Math.min(left, 1 + page.preview);
  const nums = Array.from({ length: told }, (_, index) => page.num + 1 + index);
  return {
    num: page.num,
    left: page.countUpTo === undefined ? left : Math.min(left, 1),
    pageTokens: Object.fromEntries(
      nums.map(num => [num, `${num}.${seal(num, page.query, key).toString('base64url')}`]),
    ),
  };
}

const seal = (place: number | string, query: string | undefined, key: KeyObject): Buffer =>
  createHmac('sha256', key).update(`${place}\n${query}`).digest();

/** Where a page begins that is told by the row before it, not by a number. @param query everything else that the result depends on */
export const rowToken = (row: readonly (string | number)[], query: unknown, key: KeyObject): string => {
  const told = JSON.stringify(row);
  return `${Buffer.from(told).toString('base64url')}.${seal(told, canonicalJson(query), key).toString('base64url')}`;
};

/** @throws BadRequest (400) for a token that was changed, or that belongs to another query */
export function rowIn(field: string, token: string, query: unknown, key: KeyObject): (string | number)[] {
  const [, row = '', mac = ''] = /^([\w-]+)\.([\w-]+)$/.exec(token) ?? [];
  const told = Buffer.from(row, 'base64url').toString();
  if (isSeal(mac, seal(told, canonicalJson(query), key))) return JSON.parse(told);
  throw new BadRequest(
    'invalid-argument',
    `${field}: not a token of this query; take the pageToken of the page before, with all else as it was`,
    { field },
  );
}

function isSeal(mac: string, expected: Buffer): boolean {
  const given = Buffer.from(mac, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function numberIn(token: string, query: string, key: KeyObject): number {
  const [, num = '', mac = ''] = /^([1-9]\d{0,8})\.([\w-]+)$/.exec(token) ?? [];
  if (isSeal(mac, seal(Number(num), query, key))) return Number(num);
  throw new BadRequest(
    'invalid-argument',
    'pageReq.pageToken: not a token of this query; take one of pageTokens of an earlier page, with the same filter, order and size',
    { field: 'pageReq.pageToken' },
  );
}
