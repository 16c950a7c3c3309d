#!/usr/bin/env node
import { commandLine, endProcess, write } from './environment.js'
import { failureOf } from './failure.js'
import { writeFailure } from './output.js'
import { readParserError } from './parser-error.js'
import { createProgram } from './program.js'

const asJson = commandLine.includes('--json')
const { program, said } = createProgram()
try {
  await program.parseAsync(commandLine, { from: 'user' })
} catch (error) {
  const told = readParserError(error, said(), asJson)
  if ('help' in told) {
    await write(told.isError ? 'stderr' : 'stdout', told.help).catch(() => undefined)
    endProcess(told.isError ? 2 : 0)
  }
  const failure = failureOf(told.error)
  await writeFailure(failure, asJson).catch(() => undefined)
  endProcess(failure.exitCode)
}
