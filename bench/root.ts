import { fileURLToPath } from 'node:url'

/** The project's folder, as seen from where this file is built to. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))
