import fc from 'fast-check'

/**
 * Property tests try the same cases in every run, so that a failure is of the change at hand. Other cases:
 * `CATAMARAN_TEST_SEED=N npm test`; a failure names its seed.
 */
fc.configureGlobal({ seed: Number(process.env['CATAMARAN_TEST_SEED'] ?? 20_261_125) })
