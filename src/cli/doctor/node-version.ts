import { type Finding, fine, problem } from './finding.js'
import type { Subject } from './subject.js'

/** Whether Node is new enough. */
export function checkNodeVersion({ node }: Pick<Subject, 'node'>): readonly Finding[] {
  return [judge(node.version, node.range)]
}

function judge(version: string, range: string): Finding {
  const least = partsOf(range.replace(/^>=\s*/, ''))
  const parts = partsOf(version)
  const at = least.findIndex((part, place) => part !== (parts[place] ?? 0))
  return at >= 0 && (parts[at] ?? 0) < (least[at] ?? 0)
    ? problem('node', `Node ${version} is older than ${range}`, 'install a newer Node')
    : fine('node', `Node ${version}`)
}

function partsOf(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10))
}
