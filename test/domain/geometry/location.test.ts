/** What a geometry may be: every kind, every fault with its place, every coordinate system. */
import { describe, expect, test } from '@jest/globals';
import proj4 from 'proj4';
import { GeometryType } from '#gen/flow_types';
import { type Geometry, MAX_GEOMETRY_POSITIONS } from '#gen/jobs_types';
import type { BadRequest } from '../../../src/base/errors.ts';
import { isAllowedKind, locationOf } from '../../../src/domain/geometry/location.ts';

const { Point, Multipoint, Polyline, Polygon } = GeometryType;

/** Clockwise, as outer rings are. */
const square = (x: number, y: number, size: number): number[][] => [
  [x, y],
  [x, y + size],
  [x + size, y + size],
  [x + size, y],
  [x, y],
];
const reversed = (ring: number[][]): number[][] => [...ring].reverse();

const metres = (geometry: Geometry): Geometry => ({ ...geometry, spatialReference: { wkid: 3857 } });

describe('the kinds', () => {
  test.each<[string, Geometry, GeometryType, Geometry]>([
    ['x and y', { x: 1, y: 2 }, Point, { points: [[1, 2]] }],
    ['0 and 0', { x: 0, y: 0 }, Point, { points: [[0, 0]] }],
    [
      'points',
      {
        points: [
          [1, 2],
          [3, 4],
        ],
      },
      Multipoint,
      {
        points: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ['one of points', { points: [[1, 2]] }, Point, { points: [[1, 2]] }],
    [
      'paths',
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      },
      Polyline,
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      },
    ],
    ['rings', { rings: [square(0, 0, 9)] }, Polygon, { rings: [square(0, 0, 9)] }],
    [
      'rings with a hole',
      { rings: [reversed(square(1, 1, 2)), square(0, 0, 9)] },
      Polygon,
      { rings: [reversed(square(1, 1, 2)), square(0, 0, 9)] },
    ],
    [
      'further numbers, which are dropped',
      {
        points: [
          [1, 2, 3, 4],
          [5, 6, 7],
        ],
      },
      Multipoint,
      {
        points: [
          [1, 2],
          [5, 6],
        ],
      },
    ],
  ])('%s', (_, sent, kind, geometry) => {
    expect(locationOf('geometry', metres(sent))).toMatchObject({ kind, geometry });
  });

  test('the extent is around all of the parts', () => {
    const paths = [
      [
        [1, 5],
        [3, 4],
      ],
      [
        [-7, 2],
        [0, 9],
      ],
    ];
    expect(locationOf('geometry', metres({ paths })).extent).toEqual({ xmin: -7, ymin: 2, xmax: 3, ymax: 9 });
  });

  test('as many positions as the interface allows pass, in however many parts', () => {
    const half = Array.from({ length: MAX_GEOMETRY_POSITIONS / 2 }, (_, index) => [index, 1]);
    expect(locationOf('geometry', metres({ paths: [half, half] })).positions).toBe(MAX_GEOMETRY_POSITIONS);
  });
});

const tooMany = Array.from({ length: MAX_GEOMETRY_POSITIONS / 2 + 1 }, () => [0, 0]);

describe('what is none', () => {
  test.each<[string, Geometry, RegExp]>([
    ['nothing', {}, /^geometry: nothing is set; expected x and y, or points, or paths, or rings$/],
    ['only a coordinate system', { spatialReference: { wkid: 4326 } }, /nothing is set/],
    ['x alone', { x: 1 }, /^geometry: x is set alone; a Point has x and y$/],
    ['y alone', { y: 0 }, /^geometry: y is set alone/],
    ['two kinds', { x: 1, y: 2, points: [[1, 2]] }, /^geometry: x and y and points are set; expected/],
    [
      'two kinds, one of them empty',
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
        rings: [],
      },
      /paths and rings are set/,
    ],
    ['no points', { points: [] }, /^geometry\.points: 0 positions; a Multipoint has at least 1$/],
    ['no paths', { paths: [] }, /^geometry\.paths: is empty; expected a line at least$/],
    ['no rings', { rings: [] }, /^geometry\.rings: is empty; expected a ring at least$/],
    ['a position without numbers', { points: [[1, 2], []] }, /^geometry\.points\[1\]: no number; a position has two/],
    [
      'a position of one number',
      { paths: [[[1, 2], [3]]] },
      /^geometry\.paths\[0\]\[1\]: one number; a position has two/,
    ],
    [
      'NaN',
      {
        points: [
          [1, 2],
          [Number.NaN, 2],
        ],
      },
      /^geometry\.points\[1\]: \(NaN, 2\); expected x from -180 to 180/,
    ],
    ['infinity', { x: 1, y: Infinity }, /^geometry: \(1, Infinity\); expected x/],
    [
      'a line of one position',
      {
        paths: [
          [
            [1, 2],
            [3, 4],
          ],
          [[1, 2]],
        ],
      },
      /^geometry\.paths\[1\]: 1 positions; a line has at least 2$/,
    ],
    ['an empty line', { paths: [[]] }, /^geometry\.paths\[0\]: 0 positions/],
    [
      'a ring of three positions',
      {
        rings: [
          [
            [0, 0],
            [0, 1],
            [0, 0],
          ],
        ],
      },
      /^geometry\.rings\[0\]: 3 positions; a ring has at least 4$/,
    ],
    [
      'a ring that is not closed',
      { rings: [[...square(0, 0, 1).slice(0, 4), [0, 0.1]]] },
      /^geometry\.rings\[0\]: ends at \(0, 0\.1\); a ring ends where it begins, at \(0, 0\)$/,
    ],
    [
      'a ring that is a line',
      {
        rings: [
          square(0, 0, 5),
          [
            [0.1, 0.1],
            [0.2, 0.2],
            [0.7, 0.7],
            [0.1, 0.1],
          ],
        ],
      },
      /^geometry\.rings\[1\]: has no area/,
    ],
    [
      'a ring in one place',
      {
        rings: [
          [
            [7, 7],
            [7, 7],
            [7, 7],
            [7, 7],
          ],
        ],
      },
      /has no area/,
    ],
    [
      'an outer ring that turns the other way',
      { rings: [reversed(square(0, 0, 1))] },
      /^geometry\.rings\[0\]: turns counter-clockwise, as holes do, and no ring turns clockwise; reverse it$/,
    ],
    [
      'a hole outside',
      { rings: [square(0, 0, 1), reversed(square(5, 5, 1))] },
      /^geometry\.rings\[1\]: turns counter-clockwise.*reaches out of the outer rings; reverse it$/,
    ],
    [
      'an unknown coordinate system',
      { x: 1, y: 2, spatialReference: { wkid: 2154 } },
      /^geometry\.spatialReference\.wkid: 2154 is no coordinate system.*4326.*3857.*32601 to 32660/,
    ],
    ['an unset wkid', { x: 1, y: 2, spatialReference: { wkid: 0 } }, /wkid: 0 is no coordinate system/],
    [
      'a pole',
      { x: 8, y: 90 },
      /^geometry: \(8, 90\) in 4326 is not on the map of Web Mercator; expected a latitude from -85\.06 to 85\.06$/,
    ],
    [
      'close to a pole',
      {
        points: [
          [0, 0],
          [8, -85.07],
        ],
      },
      /^geometry\.points\[1\]: \(8, -85\.07\) in 4326 is not on the map/,
    ],
    ['a latitude that is none', { x: 8, y: 91 }, /y from -90 to 90 in 4326/],
    ['a longitude beyond the map', { x: 180.1, y: 0 }, /x from -180 to 180 .* in 4326/],
    ['metres beyond the map', metres({ x: 20_037_509, y: 0 }), /x from -20037508\.35 to 20037508\.35 .* in 3857/],
    ['metres taken for degrees', { x: 928_000, y: 6_000_000 }, /x from -180 to 180/],
    [
      'UTM far from its zone',
      { x: 4_000_000, y: 5_000_000, spatialReference: { wkid: 32633 } },
      /x from -2500000 to 3500000 .* in 32633/,
    ],
    [
      'a line of UTM across the 180th meridian',
      {
        paths: [
          [
            [500_000, 0],
            [600_000, 0],
          ],
          [
            [800_000, 0],
            [900_000, 0],
          ],
        ],
        spatialReference: { wkid: 32660 },
      },
      /^geometry\.paths\[1\]: goes across the 180th meridian; cut it there in two$/,
    ],
    [
      'UTM beyond the map',
      { x: 500_000, y: 9_900_000, spatialReference: { wkid: 32633 } },
      /in 32633 is not on the map/,
    ],
  ])('%s', (_, sent, message) => {
    const refusal = refusalOf(sent);
    expect(refusal).toMatchObject({ slug: 'invalid-geometry' });
    expect(refusal.message).toMatch(message);
  });

  test.each<[string, Geometry]>([
    ['points', { points: [...tooMany, ...tooMany] }],
    ['paths', { paths: [tooMany, tooMany] }],
    ['rings', { rings: [tooMany, tooMany] }],
  ])('%s of more positions than the interface allows', (member, sent) => {
    const refusal = refusalOf(sent);
    expect(refusal).toMatchObject({ slug: 'limit-exceeded', details: { limit: '100000', found: '100002' } });
    expect(refusal.message).toBe(`geometry.${member}: 100002 positions; a geometry may have 100000`);
  });
});

function refusalOf(sent: Geometry): BadRequest {
  try {
    locationOf('geometry', sent);
  } catch (error) {
    return error as BadRequest;
  }
  throw new Error('it was not refused');
}

describe('coordinate systems', () => {
  const pointOf = (x: number, y: number, wkid?: number): number[] =>
    locationOf('geometry', { x, y, ...(wkid !== undefined && { spatialReference: { wkid } }) }).geometry.points![0]!;

  test('unset is 4326', () => {
    expect(pointOf(-111.3, 52.68)).toEqual(pointOf(-111.3, 52.68, 4326));
    const [x, y] = pointOf(-111.3, 52.68);
    expect(x).toBeCloseTo(-12_389_859.325, 2);
    expect(y).toBeCloseTo(6_924_024.55, 2);
  });

  test.each([3857, 102100, 102113, 900913, 3785])('%i is Web Mercator: every number stays as it is', wkid => {
    expect(pointOf(928_123.456_789, -6_000_000.1, wkid)).toEqual([928_123.456_789, -6_000_000.1]);
  });

  // A tower in Toronto, as it stands in gazetteers: 43.642567 N, 79.387139 W.
  test('UTM of the north', () => {
    const [x, y] = pointOf(630_084, 4_833_438, 32617);
    const [expectedX, expectedY] = pointOf(-79.387_139, 43.642_567);
    expect(Math.hypot(x! - expectedX!, y! - expectedY!)).toBeLessThan(2);
  });

  test('UTM of the south counts from ten thousand kilometres below the equator', () => {
    const [x, y] = pointOf(500_000, 10_000_000, 32733);
    expect(x).toBeCloseTo((20_037_508.342_789 * 15) / 180, 2);
    expect(y).toBeCloseTo(0, 2);
  });

  test('whatever proj4 knows by an EPSG code is known', () => {
    const known = Object.keys(proj4.defs).flatMap(name => (/^EPSG:\d+$/.test(name) ? [Number(name.slice(5))] : []));
    expect(known.length).toBeGreaterThanOrEqual(120 + 6);
    // North of 84 degrees: on the map, and in the middle of what UPS is made for.
    const northOf: Record<number, [number, number]> = { 5041: [2_000_000, 2_600_000], 5042: [2_000_000, 2_600_000] };
    for (const wkid of known) {
      const [x, y] = wkid >= 32601 && wkid <= 32760 ? [500_000, 5_000_000] : (northOf[wkid] ?? [1, 1]);
      expect(pointOf(x!, y!, wkid)).toHaveLength(2);
    }
  });

  test('the corners of the map are on it', () => {
    expect(pointOf(180, 85.06)[0]).toBeCloseTo(20_037_508.343, 2);
    expect(pointOf(-180, -85.06)[1]).toBeCloseTo(-20_048_966.104, 2);
    expect(pointOf(-20_037_508.342_789_244, 20_048_966.104, 3857)).toEqual([-20_037_508.342_789_244, 20_048_966.104]);
  });
});

describe('the kinds that a step asks for', () => {
  test.each<[string, GeometryType, GeometryType[] | null | undefined, boolean]>([
    ['all when unset', Polygon, undefined, true],
    ['all when null', Polygon, null, true],
    ['all when empty', Polygon, [], true],
    ['one that is named', Polyline, [Point, Polyline], true],
    ['none that is not named', Polygon, [Point, Polyline], false],
    ['a single position where several may be', Point, [Multipoint], true],
    ['not several where one may be', Multipoint, [Point], false],
  ])('%s', (_, kind, allowed, passes) => {
    expect(isAllowedKind(kind, allowed)).toBe(passes);
  });
});
