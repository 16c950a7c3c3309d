import { compare } from './code/compare.js'
import { weighEntries } from './entries.js'
import { millionActiveWallets, perMillionRequests } from './tables.js'

const print = (text: string) => process.stdout.write(`${text}\n`)

const comparisons = await compare()
const apart = comparisons.filter(({ model, code }) => model !== code)
print(`model vs code: ${comparisons.length - apart.length} of ${comparisons.length} counts are the same`)
for (const { name, what, model, code } of apart)
  print(`- ${name}: ${what} is ${model} by the model and ${code} by the code`)

print('\nOf one million requests:\n')
print(perMillionRequests())
print('\nA second of one million wallets, each active once a minute, 16 processes:\n')
print(millionActiveWallets())
print('\nBytes of one entry:\n')
print(await weighEntries())
if (apart.length > 0) process.exitCode = 1
