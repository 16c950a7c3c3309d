/** What a process has used for some requests: CPU time of both kinds. */
export interface Usage {
  readonly cpuMicroseconds: number
  readonly requests: number
}

/** The part of a load that is measured. */
export interface Window {
  /** Watches the next `amount` requests. */
  open(amount: number): void
  /** Notes that a request is answered. */
  count(): void
  /**
   * What the watched requests have used.
   *
   * @throws RangeError where there were fewer of them.
   */
  usage(): Usage
}

// Until then every connection is open: what that costs is not the request's.
const SKIPPED = 100

/** Makes a window over this process's own CPU time: from one request to another, nothing before or after them. */
export function createWindow(): Window {
  let served = 0
  let last = 0
  let opened: NodeJS.CpuUsage | undefined
  let used: NodeJS.CpuUsage | undefined
  return {
    open(amount) {
      served = 0
      last = amount
      opened = used = undefined
    },
    count() {
      served++
      if (served === SKIPPED) opened = process.cpuUsage()
      if (served === last) used = process.cpuUsage(opened)
    },
    usage() {
      if (used === undefined) throw new RangeError(`${served} requests were served, not ${last}`)
      return { cpuMicroseconds: used.user + used.system, requests: last - SKIPPED }
    },
  }
}
