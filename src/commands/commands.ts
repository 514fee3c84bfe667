import { catalog } from './catalog.ts'
import type { Command } from './command.ts'
import { config } from './config.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { explain } from './explain.ts'
import { exported } from './export.ts'
import { keys } from './keys.ts'
import { query } from './query.ts'
import { serve } from './serve.ts'

/** Everything the command line does, in the order of its overview. */
export const COMMANDS: readonly Command[] = [serve, demo, query, explain, exported, catalog, keys, config, doctor]
