/** The rectangle of a query: both forms, its coordinate systems, and what is none. */
import { describe, expect, test } from '@jest/globals';
import type { BadRequest } from '../../../src/base/errors.ts';
import { spatialExtent } from '../../../src/domain/geometry/spatial-extent.ts';

const read = (text: string) => spatialExtent('query.spatialExtent', text);
const json = (extent: object) => read(JSON.stringify(extent));
const EDGE = 20_037_508.342_789;

test.each([
  ['0,1,2,3', { xmin: 0, ymin: 1, xmax: 2, ymax: 3 }],
  [' -1.5 , .5,1e3 ,+2. ', { xmin: -1.5, ymin: 0.5, xmax: 1000, ymax: 2 }],
  ['5,5,5,5', { xmin: 5, ymin: 5, xmax: 5, ymax: 5 }],
  ['-1e9,-1e9,1e9,1e9', { xmin: -1e9, ymin: -1e9, xmax: 1e9, ymax: 1e9 }],
  ['{"xmin": 0, "ymin": 1, "xmax": 2, "ymax": 3}', { xmin: 0, ymin: 1, xmax: 2, ymax: 3 }],
  [
    ' {"xmin":0,"ymin":1,"xmax":2,"ymax":3,"spatialReference":{"wkid":102100,"latestWkid":3857}}',
    { xmin: 0, ymin: 1, xmax: 2, ymax: 3 },
  ],
])('%s is read as it stands', (text, extent) => {
  expect(read(text)).toEqual(extent);
});

describe('in degrees', () => {
  test('it is brought into metres', () => {
    const extent = json({ xmin: -90, ymin: -10, xmax: 180, ymax: 52.68, spatialReference: { wkid: 4326 } });
    expect(extent.xmin).toBeCloseTo(-EDGE / 2, 3);
    expect(extent.ymin).toBeCloseTo(-1_118_889.975, 2);
    expect(extent.xmax).toBeCloseTo(EDGE, 3);
    expect(extent.ymax).toBeCloseTo(6_924_024.55, 2);
  });

  test('the whole world may be asked for: it is cut where the map ends', () => {
    const extent = json({ xmin: -180, ymin: -90, xmax: 180, ymax: 90, spatialReference: { wkid: 4326 } });
    expect(extent.xmin).toBeCloseTo(-EDGE, 3);
    expect(extent.ymax).toBeCloseTo(20_048_966.104, 2);
    expect(extent.ymin).toBeCloseTo(-20_048_966.104, 2);
  });
});

test('a rectangle with other axes stands for the least one around it', () => {
  // Symmetric about the meridian of the zone: the middle of the southern edge is the southernmost, the northern corners the northernmost.
  const sides = { xmin: 300_000, ymin: 6_000_000, xmax: 700_000, ymax: 6_100_000 };
  const extent = json({ ...sides, spatialReference: { wkid: 32633 } });
  const point = (x: number, y: number) =>
    json({ xmin: x, ymin: y, xmax: x, ymax: y, spatialReference: { wkid: 32633 } });
  expect(extent.xmin).toBe(point(300_000, 6_100_000).xmin);
  expect(extent.xmax).toBe(point(700_000, 6_100_000).xmax);
  const [middle, corner] = [point(500_000, 6_100_000), point(300_000, 6_100_000)];
  expect(extent.ymax).toBe(Math.max(middle.ymax, corner.ymax));
  expect(extent.ymin).toBe(Math.min(point(500_000, 6_000_000).ymin, point(300_000, 6_000_000).ymin));
  expect(middle.ymax).not.toBe(corner.ymax);
});

test.each<[string, RegExp]>([
  ['', /^query\.spatialExtent: ""; expected xmin,ymin,xmax,ymax in 3857, or JSON such as \{/],
  ['1,2,3', /"1,2,3"; expected/],
  ['1,2,3,4,5', /expected/],
  ['1,2,,4', /expected/],
  ['1,2,3,north', /expected/],
  ['0x1,2,3,4', /expected/],
  ['NaN,2,3,4', /expected/],
  ['Infinity,2,3,4', /expected/],
  ['-1e999,2,3,4', /: xmin is -Infinity; expected a finite number/],
  ['3,0,2,1', /: xmin 3 is more than xmax 2; swap them/],
  ['0,1,2,0.5', /: ymin 1 is more than ymax 0\.5; swap them/],
  ['{', /: "\{"; expected/],
  ['[0,1,2,3]', /expected/],
  ['{"xmin":0,"ymin":1,"xmax":2}', /expected/],
  ['{"xmin":"0","ymin":1,"xmax":2,"ymax":3}', /expected/],
  ['{"xmin":0,"ymin":1,"xmax":2,"ymax":1e999}', /ymax is Infinity/],
  ['{"xmin":0,"ymin":1,"xmax":2,"ymax":3,"spatialreference":{"wkid":4326}}', /expected/],
  ['{"xmin":0,"ymin":1,"xmax":2,"ymax":3,"spatialReference":null}', /expected/],
  ['{"xmin":0,"ymin":1,"xmax":2,"ymax":3,"spatialReference":{"wkid":"4326"}}', /expected/],
  [
    '{"xmin":0,"ymin":1,"xmax":2,"ymax":3,"spatialReference":{"wkid":1}}',
    /spatialReference\.wkid: 1 is no coordinate system/,
  ],
  [
    '{"xmin":170,"ymin":1,"xmax":190,"ymax":3,"spatialReference":{"wkid":4326}}',
    /\(190, 3\); expected x from -180 to 180/,
  ],
  ['{"xmin":8e5,"ymin":0,"xmax":9e5,"ymax":1,"spatialReference":{"wkid":32660}}', /goes across the 180th meridian/],
  ['{"xmin":0,"ymin":1,"xmax":2,"ymax":91,"spatialReference":{"wkid":4326}}', /y from -90 to 90/],
])('%s is none', (text, message) => {
  const refusal = refusalOf(text);
  expect(refusal).toMatchObject({ slug: 'invalid-geometry' });
  expect(refusal.message).toMatch(message);
});

test('a text of more than 1,000 characters is not looked into', () => {
  expect(refusalOf(`0,0,1,${'1'.repeat(1000)}`)).toMatchObject({ slug: 'limit-exceeded' });
});

function refusalOf(text: string): BadRequest {
  try {
    read(text);
  } catch (error) {
    return error as BadRequest;
  }
  throw new Error('it was not refused');
}
