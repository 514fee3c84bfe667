import { z } from 'zod'

/** The path of every route of a dataset. */
export const DatasetParameter = z.object({ dataset: z.string().min(1).max(255) })
