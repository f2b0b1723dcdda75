// The curves of the GPUs on which an incident's sessions computed: SM and memory bandwidth in per cent. Where nothing was read no line is drawn,
// and the place says so: not measured is not idle.
import type { GpuCourse } from '../../server/protocol/incident-timeline.ts'
import { spanText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { courseOf } from './gpu-course.ts'
import { courseHeight, type Range, rowHeight } from './timeline-layout.ts'

const inset = 4
/** Names and figures stand on the curve's own line, at its right end. */
const letterWidth = 6.2

type Props = { gpus: readonly GpuCourse[]; range: Range; width: number; y: number }

export function GpuCourses({ gpus, range, width, y }: Props) {
  const top = y + 2 * rowHeight
  if (gpus.length === 0)
    return (
      <text x={6} y={y + 24} className="fill-muted text-xs">
        No GPU is known on which its sessions computed: nothing was measured here.
      </text>
    )
  return (
    <>
      <defs>
        <pattern id="not-measured" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0V6" className="stroke-faint" strokeOpacity={0.5} />
        </pattern>
      </defs>
      {gpus.map((gpu, at) => (
        <Course key={`${gpu.host}/${gpu.gpu}`} gpu={gpu} range={range} width={width} y={top + at * courseHeight} />
      ))}
    </>
  )
}

function Course({ gpu, range, width, y }: { gpu: GpuCourse; range: Range; width: number; y: number }) {
  const { sm, memory, unread, newest } = courseOf(gpu, range, width, courseHeight - 2 * inset)
  const offTask = gpu.offTaskMs > 0 ? `, off task ${spanText(gpu.offTaskMs)}` : ''
  const words = visibleText(`GPU ${gpu.index ?? gpu.gpu} of ${gpu.host}: ${newest}${offTask}`, { max: 140 })
  return (
    <g transform={`translate(0 ${y + inset})`}>
      {unread.map(({ x, width: wide }) => (
        <rect key={x} x={x} y={0} width={wide} height={courseHeight - 2 * inset} fill="url(#not-measured)" />
      ))}
      <path d={memory} className="fill-none stroke-info" />
      <path d={sm} className="fill-none stroke-critical" strokeWidth={1.25} />
      <text
        x={width - 4}
        y={10}
        textAnchor="end"
        className="fill-muted stroke-panel text-xs [paint-order:stroke]"
        strokeWidth={3}
      >
        {words.slice(0, Math.max(8, Math.floor(width / letterWidth)))}
      </text>
    </g>
  )
}
