import { BarChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { Bar } from './scenario.js'

echarts.use([BarChart, GridComponent, TitleComponent, SVGRenderer])

const TITLE = 'CPU per request over the bare framework'
// A white ground of its own, so that it can be read on a dark page too.
const GROUND = '#ffffff'
const TEXT = '#374151'
const FAINT = '#e5e7eb'
const OURS = '#2563eb'
const THEIRS = '#9ca3af'
const WIDTH = 760
const ROW = 26
const HEAD = 64
const LABELS = 260

/** What a server costs beyond the bare framework, as bars in an SVG. */
export function drawChart(bars: readonly Bar[]): string {
  const rows = inGroups(bars)
  const height = HEAD + rows.length * ROW + 20
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({
    animation: false,
    backgroundColor: GROUND,
    title: {
      text: TITLE,
      subtext:
        'sallyport checks an API key (or a JWT), the wallet, its balance and one policy; the others check a JWT',
      left: 16,
      top: 8,
      textStyle: { color: TEXT, fontSize: 15 },
      subtextStyle: { color: TEXT, fontSize: 11 },
    },
    grid: { left: LABELS, right: 70, top: HEAD, bottom: 20 },
    xAxis: { type: 'value', min: 0, axisLabel: { show: false }, splitLine: { lineStyle: { color: FAINT } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map((bar) => (bar === undefined ? '' : `${bar.framework}  ${bar.name}`)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: THEIRS } },
      axisLabel: { color: TEXT, fontSize: 12, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        barWidth: 14,
        data: rows.map((bar) => ({
          value: bar === undefined ? 0 : Math.max(0, percentOf(bar)),
          itemStyle: { color: bar?.isOurs === true ? OURS : THEIRS },
          label: {
            show: bar !== undefined,
            position: 'right',
            color: TEXT,
            fontSize: 12,
            formatter: bar === undefined ? '' : signed(percentOf(bar)),
          },
        })),
      },
    ],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${asPicture(svg)}\n`
}

/** For an image in a page: with a title to be read aloud, and without styles for a mouse that it never sees. */
function asPicture(svg: string): string {
  return svg.replace(/<style[\s\S]*<\/style>\n?/, '').replace(/^<svg[^>]*>/, `$&\n<title>${TITLE}</title>`)
}

/** With an empty row where another framework begins. */
function inGroups(bars: readonly Bar[]): (Bar | undefined)[] {
  return bars.flatMap((bar, at) => {
    const before = bars[at - 1]
    return before === undefined || before.framework === bar.framework ? [bar] : [undefined, bar]
  })
}

function percentOf({ ratio }: Bar): number {
  return Math.round((ratio - 1) * 100)
}

function signed(percent: number): string {
  return percent < 0 ? `-${-percent} %` : `+${percent} %`
}
