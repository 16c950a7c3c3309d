import { describe } from 'vitest'
import { adapters } from '../registry.js'
import { adapterContract } from './adapter-contract.js'

describe.each(Object.entries(adapters))('the adapter for %s', (_framework, majors) => {
  majors.forEach(adapterContract)
})
