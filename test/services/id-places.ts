/**
 * Where functions take ids, by the interface as data; and the arguments of a call with one id of them exchanged for that of another
 * team. A place is "Service.function(argument)", or "module.Struct.field" wherever the struct is used.
 */
import { type IdlFunction, type IdlType, idl } from '../../src/server/idl.ts';
import type { ServiceName } from '../../src/services/generated.ts';

/** Fields that are called as ids are, of a thing or of several; what maps are called whose keys are ids. */
const CALLED_ID = /^ids?$|[a-z]Ids?$|^assignedTo$/;
const KEYED_BY_ID = /ById$|Ids$|^id[A-Z]/;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

const functionOf = (service: ServiceName, name: string): IdlFunction => idl.services[service]!.functions[name]!;

/** All places of a function, those within structs included. */
export function placesOf(service: ServiceName, name: string): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const look = (type: IdlType, field: string, place: string): void => {
    if (type === 'string') {
      if (CALLED_ID.test(field)) found.add(place);
    } else if (typeof type === 'string' || 'enum' in type) return;
    else if ('list' in type) look(type.list, field, place);
    else if ('set' in type) look(type.set, field, place);
    else if ('map' in type) {
      if (type.map[0] === 'string' && KEYED_BY_ID.test(field)) found.add(`${place} (key)`);
      look(type.map[1], field, place);
    } else if (!seen.has(type.struct)) {
      seen.add(type.struct);
      for (const own of idl.structs[type.struct]!.fields) look(own.type, own.name, `${type.struct}.${own.name}`);
    }
  };
  for (const own of functionOf(service, name).arguments) look(own.type, own.name, `${service}.${name}(${own.name})`);
  return [...found];
}

/** Arguments as they are but for what stands at one place. */
export interface Exchanged<T = unknown> {
  readonly place: string;
  readonly value: T;
}

/**
 * @param own arguments of a call that works
 * @param foreign those of the same call in another team
 * @returns the own ones, once for each id in them, with that of the other team in its place
 */
export const exchanged = (
  service: ServiceName,
  name: string,
  own: unknown[],
  foreign: unknown[],
): Exchanged<unknown[]>[] =>
  functionOf(service, name).arguments.flatMap(({ type, name: argument }, index) =>
    within(type, `${service}.${name}(${argument})`, own[index], foreign[index]).map(({ place, value }) => ({
      place,
      value: own.with(index, value),
    })),
  );

type Keyed = Readonly<Record<string, unknown>>;

function within(type: IdlType, place: string, own: unknown, foreign: unknown): Exchanged[] {
  if (own == null || foreign == null) return [];
  if (type === 'string') return isId(own) && isId(foreign) && own !== foreign ? [{ place, value: foreign }] : [];
  if (typeof type === 'string' || 'enum' in type) return [];
  if ('struct' in type) return withinStruct(type.struct, own as Keyed, foreign as Keyed);
  if ('map' in type) return withinMap(type.map[1], place, own as Keyed, foreign as Keyed);
  const [mine, theirs] = [own as unknown[], foreign as unknown[]];
  return mine.flatMap((one, index) =>
    within('list' in type ? type.list : type.set, place, one, theirs[index]).map(other => ({
      ...other,
      value: mine.with(index, other.value),
    })),
  );
}

const withinStruct = (struct: string, own: Keyed, foreign: Keyed): Exchanged[] =>
  idl.structs[struct]!.fields.flatMap(({ name, type }) =>
    within(type, `${struct}.${name}`, own[name], foreign[name]).map(other => ({
      ...other,
      value: { ...own, [name]: other.value },
    })),
  );

function withinMap(type: IdlType, place: string, own: Keyed, foreign: Keyed): Exchanged[] {
  const theirs = Object.entries(foreign);
  return Object.entries(own).flatMap(([key, value], index) => {
    const [theirKey, theirValue] = theirs[index] ?? [key, value];
    const { [key]: _, ...rest } = own;
    const keys =
      isId(key) && isId(theirKey) ? [{ place: `${place} (key)`, value: { ...rest, [theirKey]: value } }] : [];
    const values = within(type, place, value, theirValue).map(other => ({
      ...other,
      value: { ...own, [key]: other.value },
    }));
    return [...keys, ...values];
  });
}

const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);
