/** A process that simulates: it is sent batches of seeds, and sends back what came of each. */
import { runBatch, type Batch } from './batch.js';
import { useMutant } from './mutant.js';

// Most errors of a simulation are never looked at, and a stack costs more than the rest of the error.
Error.stackTraceLimit = 0;

const [mutant] = process.argv.slice(2);
if (mutant !== undefined) useMutant(mutant);

process.on('message', (batch: Batch) => {
  void runBatch(batch, (failures) => failures >= (mutant === undefined ? 10 : 1)).then((result) =>
    process.send?.(result),
  );
});
process.on('disconnect', () => {
  process.exit();
});
