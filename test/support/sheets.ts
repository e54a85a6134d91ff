/** Data sheets, and a procedure that refers to them. */
import { publishedTemplate, step, type TestUser } from './seed.ts';

let sets = 0;

/**
 * A set with the definition "Flow", a sheet of each name whose flow is 1, 2, …, and a published template whose step shows the flow.
 */
export async function withSheets(admin: TestUser, names: readonly string[]) {
  const sheets = admin.connection.service('DataSheetService');
  const { id: setId } = await sheets.createSet(admin.teamId, { name: `Pumps ${++sets}` } as never, []);
  const [flow] = await sheets.definitionOps(setId, [
    { add: { name: 'Flow', type: 1, position: -1 } as never },
    { add: { name: 'Maker', type: 1, position: -1 } as never },
  ]);
  const definitionId = flow!.id;
  const made = await sheets.sheetOps(
    setId,
    names.map((name, index) => ({
      add: { name, idValues: { [definitionId]: { text: `${index + 1} l/s` } } } as never,
    })),
  );
  const titleWrapper = { template: 'Set to {0}', references: [{ dataSheetRef: { setId, definitionId } }] };
  const { id: templateId } = await publishedTemplate(admin, 'Pump', [step('Set', { titleWrapper }), step('Check')]);
  return { templateId, setId, definitionId, sheetIds: made.map(({ id }) => id) };
}
