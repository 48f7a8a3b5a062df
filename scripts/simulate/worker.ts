/** A process that simulates: it is sent batches of seeds, and sends back what came of each. */
import { useMachine } from '../../src/api/machine.js';
import { mutants } from '../../test/mutants/mutants.js';
import { runBatch, type Batch } from './batch.js';

// Most errors of a simulation are never looked at, and a stack costs more than the rest of the error.
Error.stackTraceLimit = 0;

const [mutant] = process.argv.slice(2);
if (mutant !== undefined) {
  const found = mutants.find(({ name }) => name === mutant);
  if (found === undefined) throw new Error(`there is no mutant ${mutant}`);
  useMachine(found.logic);
}

process.on('message', (batch: Batch) => {
  void runBatch(batch, (failures) => failures >= (mutant === undefined ? 10 : 1)).then((result) =>
    process.send?.(result),
  );
});
process.on('disconnect', () => {
  process.exit();
});
