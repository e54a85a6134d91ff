/**
 * Generates gen-ts/ from idl/: the JavaScript and typings that the Thrift compiler writes, and gen-ts/idl.json, the IDL as data
 * (what the server checks arguments by). `--check` generates into a temporary folder and compares instead.
 *
 * Four things are changed in what the compiler writes, all of them by the table below:
 *  - enums and constants become `module.exports.X = `, the only form whose names Node finds when an ES module imports them;
 *  - the argument and result structs of each function are exported: the server decodes and encodes calls with them;
 *  - `Int64` becomes `number` in the typings: our protocols read 64-bit integers as numbers;
 *  - the callback form of client functions leaves the typings, so that a function has one type.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
      for (const gen of ['js:node,es6,ts', 'json']) {
        mkdirSync(join(work, gen), { recursive: true });
        execFileSync('thrift', ['-r', '-nowarn', '--gen', gen, '-out', join(work, gen), join(idl, file)]);
      }
    }
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    for (const name of readdirSync(join(work, 'js:node,es6,ts')).sort()) {
      writeFileSync(join(out, name), substituted(name, readFileSync(join(work, 'js:node,es6,ts', name), 'utf8')));
    }
    writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
    writeFileSync(join(out, 'idl.json'), `${JSON.stringify(idlAsData(join(work, 'json')))}\n`);
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

/** One object: structs and enums by qualified name ("step.BaseStep"), services by name; type references qualified. */
function idlAsData(folder) {
  const data = { structs: {}, enums: {}, services: {} };
  for (const file of readdirSync(folder).sort()) {
    const module = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const e of module.enums) {
      data.enums[`${module.name}.${e.name}`] = Object.fromEntries(e.members.map(m => [m.name, m.value]));
    }
    for (const s of module.structs) {
      data.structs[`${module.name}.${s.name}`] = {
        kind: s.isUnion ? 'union' : s.isException ? 'exception' : 'struct',
        fields: s.fields.map(f => fieldOf(f, module.name)),
      };
    }
    for (const s of module.services) {
      data.services[s.name] = { module: module.name, functions: Object.fromEntries(s.functions.map(f => [f.name, functionOf(f, module.name)])) };
    }
  }
  return data;
}

const functionOf = (f, module) => ({
  arguments: f.arguments.map(a => fieldOf(a, module)),
  returns: typeOf(f.returnTypeId, f.returnType, module),
  throws: f.exceptions.map(e => ({ name: e.name, exception: qualified(e.type.class, module) })),
});

const fieldOf = (f, module) => ({
  id: f.key,
  name: f.name,
  required: f.required === 'req_out' ? 'default' : f.required,
  type: typeOf(f.typeId, f.type, module),
});

function typeOf(typeId, type, module) {
  switch (typeId) {
    case 'struct':
    case 'union':
    case 'exception':
      return { struct: qualified(type.class, module) };
    case 'enum':
      return { enum: qualified(type.class, module) };
    case 'list':
    case 'set':
      return { [typeId]: typeOf(type.elemTypeId, type.elemType, module) };
    case 'map':
      return { map: [typeOf(type.keyTypeId, type.keyType, module), typeOf(type.valueTypeId, type.valueType, module)] };
    default:
      return typeId;
  }
}

const qualified = (name, module) => (name.includes('.') ? name : `${module}.${name}`);

function check() {
  const found = spawnSync('thrift', ['--version'], { encoding: 'utf8' });
  if (found.error) {
    print('gen-ts/ not compared with idl/: the Thrift compiler is not installed (Debian: apt-get install thrift-compiler)');
    return;
  }
  if (!found.stdout.includes(COMPILER)) {
    print(`gen-ts/ not compared with idl/: it is written by the Thrift compiler ${COMPILER}, here is ${found.stdout.trim()}`);
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
