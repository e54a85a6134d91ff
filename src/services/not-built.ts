/**
 * The functions of the interface that this version does not serve yet: they answer `not-implemented` (421). The list only
 * shrinks: building a function means taking its name out, and then its handler does not compile without it.
 */
import type { Clients, ServiceName } from './generated.ts';

export const notBuilt = {
  ComponentService: ['index', 'get', 'update'],
  FieldDataService: ['getNumberUnits'],
  FormulaService: ['getOperations', 'validateFormula'],
} as const satisfies { readonly [S in ServiceName]?: readonly (keyof Clients[S])[] };
