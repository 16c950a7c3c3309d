import { methods } from '../registry.js'
import { methodContract } from './method-contract.js'

for (const harness of Object.values(methods)) methodContract(harness)
