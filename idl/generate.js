/**
 * Generates gen-ts/ from idl/: the JavaScript and typings that the Thrift compiler writes, and gen-ts/idl.json, the IDL as data
 * (what the server checks arguments by). `--check` generates into a temporary folder and compares instead.
 *
 * Five things are changed in what the compiler writes, the first four by the table below:
 *  - enums and constants become `module.exports.X = `, the only form whose names Node finds when an ES module imports them;
 *  - the argument and result structs of each function are exported, and typed: the server decodes and encodes calls with them;
 *  - `Int64` becomes `number` in the typings: our protocols read 64-bit integers as numbers;
 *  - the callback form of client functions leaves the typings, so that a function has one type;
 *  - constructors copy lists of a struct's own type (BaseStep.children) as structs: the compiler forgets what they are lists of.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';

const root = join(import.meta.dirname, '..');
const idl = join(root, 'idl');
const target = join(root, 'gen-ts');
const COMPILER = '0.17.0';

const SUBSTITUTIONS = {
  '.js': [
    [/^ttypes\.(\w+) = /gm, 'module.exports.$1 = '],
    [/^const (\w+_(?:args|result)) = class/gm, 'const $1 = exports.$1 = class'],
  ],
  '.d.ts': [
    [/^import Int64 = .*\n/gm, ''],
    [/^import Q = .*\n/gm, ''],
    [/\bInt64\b/g, 'number'],
    [/\n(?: {4}\/\*\*\n(?: {5}\*.*\n)+)? {4}\w+\(.*callback\?: .*\n/g, ''],
  ],
};

function generate(out) {
  const work = mkdtempSync(join(tmpdir(), 'jobwright-idl-'));
  try {
    for (const file of thriftFiles()) {
      for (const gen of ['js:node,es6,ts', 'xml']) {
        mkdirSync(join(work, gen), { recursive: true });
        execFileSync('thrift', ['-r', '-nowarn', '--gen', gen, '-out', join(work, gen), join(idl, file)]);
      }
    }
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    const data = idlAsData(join(work, 'xml'));
    for (const name of readdirSync(join(work, 'js:node,es6,ts')).sort()) {
      const text = substituted(name, readFileSync(join(work, 'js:node,es6,ts', name), 'utf8'));
      writeFileSync(join(out, name), amended(name, text, data));
    }
    writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
    writeFileSync(join(out, 'idl.json'), `${JSON.stringify(data)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const thriftFiles = () =>
  readdirSync(idl)
    .filter(name => name.endsWith('.thrift'))
    .sort();

function substituted(name, text) {
  const ending = name.endsWith('.d.ts') ? '.d.ts' : '.js';
  return SUBSTITUTIONS[ending].reduce((result, [from, to]) => result.replace(from, to), text);
}

function amended(name, text, data) {
  if (name.endsWith('_types.js')) return withOwnLists(text, name.replace('_types.js', ''), data);
  if (name.endsWith('Service.d.ts')) return text + callStructs(name.replace('.d.ts', ''), data);
  return text;
}

/** Typings of the argument and result structs, which the compiler writes none for. */
function callStructs(service, data) {
  const names = Object.keys(data.services[service].functions).flatMap(name => [
    `${service}_${name}_args`,
    `${service}_${name}_result`,
  ]);
  const methods = 'read(input: thrift.TProtocol): void; write(output: thrift.TProtocol): void;';
  return names.map(name => `\ndeclare class ${name} { constructor(fields?: object); ${methods} }`).join('');
}

function withOwnLists(text, module, data) {
  return text.replace(/const (\w+) = module\.exports\.\1 = class \{[\s\S]*?\n\};/g, (block, struct) => {
    const fields = data.structs[`${module}.${struct}`].fields;
    return block.replace(/Thrift\.copyList\(args\.(\w+), \[null\]\)/g, (copy, field) => {
      const element = fields.find(f => f.name === field).type.list?.struct;
      return element ? copy.replace('null', element.replace(`${module}.`, 'ttypes.')) : copy;
    });
  });
}

/**
 * One object: structs and enums by qualified name ("step.BaseStep"), services by name. A type is the name of a base type, or an
 * object with one key: struct or enum (a qualified name), list or set (a type), map (two types). The compiler's XML carries all
 * of it; its JSON form forgets which enum a field has.
 */
function idlAsData(folder) {
  const documents = readdirSync(folder)
    .sort()
    .map(file => xml.parse(readFileSync(join(folder, file), 'utf8')).idl.document);
  const data = { structs: {}, enums: {}, services: {} };
  const typedefs = new Map();
  for (const { name: module, typedef = [], enum: enums = [] } of documents) {
    for (const t of typedef) typedefs.set(`${module}.${t.name}`, t.type);
    for (const e of enums)
      data.enums[`${module}.${e.name}`] = Object.fromEntries(e.member.map(m => [m.name, Number(m.value)]));
  }
  const typeOf = t => {
    if (t.type === 'list' || t.type === 'set') return { [t.type]: typeOf(t.elemType) };
    if (t.type === 'map') return { map: [typeOf(t.keyType), typeOf(t.valueType)] };
    if (t.type !== 'id') return t.type;
    const name = `${t['type-module']}.${t['type-id']}`;
    return typedefs.get(name) ?? (name in data.enums ? { enum: name } : { struct: name });
  };
  const fieldOf = f => ({
    id: Number(f['field-id']),
    name: f.name,
    required: f.required ?? 'default',
    type: typeOf(f),
    ...(f.default && { default: defaultOf(f) }),
  });
  const functionOf = f => ({
    arguments: (f.arg ?? []).map(fieldOf),
    returns: typeOf(f.returns),
    throws: (f.throws ?? []).map(t => ({ id: Number(t['field-id']), name: t.name, exception: typeOf(t).struct })),
  });
  for (const document of documents) {
    for (const kind of ['struct', 'union', 'exception']) {
      for (const s of document[kind] ?? [])
        data.structs[`${document.name}.${s.name}`] = { kind, fields: (s.field ?? []).map(fieldOf) };
    }
    for (const s of document.service ?? []) {
      data.services[s.name] = {
        module: document.name,
        functions: Object.fromEntries(s.method.map(f => [f.name, functionOf(f)])),
      };
    }
  }
  return data;
}

/** All defaults of the interface are truth values, whole numbers and members of enums. */
function defaultOf({ name, type, default: { int } }) {
  if (int === undefined) throw new Error(`the default of ${name} is of a kind that generate.js does not know`);
  return type === 'bool' ? int === 1 : int;
}

const MANY = new Set([
  'typedef',
  'enum',
  'member',
  'struct',
  'union',
  'exception',
  'field',
  'service',
  'method',
  'arg',
  'throws',
]);
const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  isArray: (name, _path, _leaf, isAttribute) => !isAttribute && MANY.has(name),
});

function check() {
  const found = spawnSync('thrift', ['--version'], { encoding: 'utf8' });
  if (found.error) {
    print(
      'gen-ts/ not compared with idl/: the Thrift compiler is not installed (Debian: apt-get install thrift-compiler)',
    );
    return;
  }
  if (!found.stdout.includes(COMPILER)) {
    print(
      `gen-ts/ not compared with idl/: it is written by the Thrift compiler ${COMPILER}, here is ${found.stdout.trim()}`,
    );
    return;
  }
  const fresh = mkdtempSync(join(tmpdir(), 'jobwright-gen-'));
  try {
    generate(fresh);
    const names = [...new Set([...readdirSync(fresh), ...readdirSync(target)])].sort();
    const differing = names.filter(name => read(join(fresh, name)) !== read(join(target, name)));
    if (differing.length > 0) {
      print(`gen-ts/ is not what idl/ generates; run "make gen" and commit. Differing: ${differing.join(', ')}`);
      process.exitCode = 1;
    } else {
      print(`gen-ts/ matches idl/ (${names.length} files)`);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const print = text => process.stdout.write(`${text}\n`);

if (process.argv.includes('--check')) check();
else generate(target);
