import { stores } from '../registry.js'
import { storeContract } from './store-contract.js'

for (const harness of Object.values(stores)) storeContract(harness)
