/** Writes the pages that are made from code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privilegesPage } from '../src/services/privileges-page.ts';

writeFileSync(join(import.meta.dirname, 'privileges.md'), privilegesPage());
