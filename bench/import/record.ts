/** Writes the URL of every module that is loaded after this one. */
import { register } from 'node:module'

register('./hooks.js', import.meta.url)
