// Draws the time line in the browser, from the data in the page. uPlot stands before it in the same script.
{
  const run = JSON.parse(document.getElementById('run-data').textContent)
  const KINDS = ['process', 'network', 'storage', 'gateway', 'client', 'clock', 'deploy']
  const GUTTER = 64
  const END = 10
  const element = (id) => document.getElementById(id)
  const plots = element('plots')
  const lanes = element('lanes')
  const rule = element('lanes-rule')
  const card = element('card')
  const readout = element('readout')
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

  // What follows the traffic is waiting for rest: its length is told above, an empty chart would say no more.
  const wholeS = Math.max(run.trafficEndedMs, ...run.faults.map(({ healedMs }) => healedMs)) / 1000 + 2
  const view = { from: 0, to: wholeS }
  const faults = run.faults.toSorted((a, b) => a.injectedMs - b.injectedMs)
  let marked
  let pinned
  let pickedName

  const clock = (s) => [s / 60, s % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
  const duration = (ms) =>
    ms < 999.5 ? `${Math.round(ms)} ms` : ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : `${clock(ms / 1000)} min`

  // What the eye should follow is the course, not the jitter of single seconds.
  const smooth = run.decided.map((_, place, all) => {
    const around = all.slice(Math.max(0, place - 3), place + 4)
    return around.reduce((sum, value) => sum + value, 0) / around.length
  })

  // ------------------------------------------------------------------------------------------------- charts

  function drawBands(plot) {
    const { ctx, bbox } = plot
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    for (const fault of faults) {
      const left = plot.valToPos(fault.injectedMs / 1000, 'x', true)
      const right = plot.valToPos(fault.healedMs / 1000, 'x', true)
      const isMarked = fault === marked || fault.name === pickedName
      ctx.fillStyle = color(fault.kind)
      ctx.globalAlpha = isMarked ? 0.34 : marked || pickedName ? 0.06 : 0.13
      ctx.fillRect(left, bbox.top, Math.max(right - left, devicePixelRatio), bbox.height)
    }
    const quiet = plot.valToPos(run.trafficEndedMs / 1000, 'x', true)
    ctx.globalAlpha = 1
    ctx.strokeStyle = color('soft')
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio])
    ctx.lineWidth = devicePixelRatio
    ctx.beginPath()
    ctx.moveTo(quiet, bbox.top)
    ctx.lineTo(quiet, bbox.top + bbox.height)
    ctx.stroke()
    ctx.restore()
  }

  const axis = (more) => ({
    font: '12px system-ui, sans-serif',
    stroke: () => color('soft'),
    grid: { stroke: () => color('grid'), width: 1 },
    ticks: { show: false },
    ...more,
  })

  const makeOptions = ({ height, scale, axes, series }) => ({
    width: plots.clientWidth,
    height,
    padding: [8, END, 0, 0],
    legend: { show: false },
    cursor: {
      points: { show: false },
      drag: { x: true, y: false, setScale: true },
      sync: { key: 'run', setSeries: false, scales: ['x', null] },
    },
    scales: { x: { time: false, range: () => [view.from, view.to] }, y: scale },
    axes,
    series: [{}, ...series],
    hooks: { drawClear: [drawBands], setCursor: [showSecond], setSelect: [zoomToSelection] },
  })

  const wholePowers = (_, splits) => splits.map((ms) => (Math.log10(ms) % 1 === 0 ? ms : null))

  const timeAxis = (shows) =>
    axis({
      show: true,
      size: shows ? 30 : 4,
      values: (_, splits) => splits.map((s) => (shows ? clock(s) : '')),
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600],
    })

  const throughput = new uPlot(
    makeOptions({
      height: 210,
      scale: { range: (_, __, most) => [0, Math.max(4, most * 1.08)] },
      axes: [timeAxis(false), axis({ size: GUTTER })],
      series: [
        {
          paths: uPlot.paths.stepped({ align: 1 }),
          fill: () => `${color('area')}88`,
          width: 0,
          points: { show: false },
        },
        { stroke: () => color('trace'), width: 2, points: { show: false } },
        {
          paths: uPlot.paths.bars({ size: [1, 6, 1], align: 1 }),
          fill: () => color('bad'),
          width: 0,
          points: { show: false },
        },
      ],
    }),
    [run.at, run.decided, smooth, run.failures.map((many) => many || null)],
    element('throughput'),
  )

  const slowest = Math.max(100, ...run.p95Ms.filter((ms) => ms !== null))
  const fastest = Math.max(1, Math.min(100, ...run.p50Ms.filter((ms) => ms !== null)))
  const latency = new uPlot(
    makeOptions({
      height: 210,
      scale: { distr: 3, range: () => [10 ** Math.floor(Math.log10(fastest)), slowest * 1.3] },
      axes: [
        timeAxis(true),
        axis({
          size: GUTTER,
          filter: wholePowers,
          grid: { stroke: () => color('grid'), width: 1, filter: wholePowers },
          values: (_, splits) => splits.map((ms) => (ms === null ? '' : duration(ms).replace('.0', ''))),
        }),
      ],
      series: [
        { stroke: () => `${color('p50')}99`, width: 1, points: { show: false } },
        { stroke: () => color('p95'), width: 1.6, points: { show: false } },
      ],
    }),
    [run.at, run.p50Ms, run.p95Ms],
    element('latency'),
  )

  // -------------------------------------------------------------------------------------------------- lanes

  const bars = new Map()
  for (const kind of [...KINDS, ...new Set(faults.map(({ kind }) => kind).filter((kind) => !KINDS.includes(kind)))]) {
    const own = faults.filter((fault) => fault.kind === kind)
    if (own.length === 0) continue
    const lane = document.createElement('div')
    lane.className = `lane kind-${kind}`
    const label = document.createElement('span')
    label.textContent = kind
    const room = document.createElement('div')
    room.className = 'lane-room'
    lane.append(label, room)
    lanes.append(lane)
    // Faults of one kind that overlap stand below each other.
    const endOfRow = []
    for (const fault of own) {
      const row = endOfRow.findIndex((endMs) => endMs <= fault.injectedMs)
      const place = row < 0 ? endOfRow.length : row
      endOfRow[place] = fault.healedMs
      const bar = document.createElement('button')
      bar.type = 'button'
      bar.className = 'fault'
      bar.tabIndex = fault === faults[0] ? 0 : -1
      bar.style.top = `${5 + place * 16}px`
      bar.setAttribute(
        'aria-label',
        `${clock(fault.injectedMs / 1000)} ${fault.name}: ${fault.what}. ${recoveryOf(fault)}`,
      )
      bar.addEventListener('pointerenter', () => mark(fault))
      bar.addEventListener('pointerleave', () => mark(pinned))
      bar.addEventListener('focus', () => bar.matches(':focus-visible') && mark(fault))
      bar.addEventListener('blur', () => mark(pinned))
      bar.addEventListener('click', () => pin(pinned === fault ? undefined : fault))
      bar.addEventListener('keydown', (event) => walk(event, fault))
      room.append(bar)
      bars.set(fault, bar)
    }
    room.style.height = `${6 + endOfRow.length * 16}px`
  }

  function placeBars() {
    const width = plots.clientWidth - GUTTER - END
    const xOf = (ms) => ((ms / 1000 - view.from) / (view.to - view.from)) * width
    for (const room of lanes.querySelectorAll('.lane-room')) room.style.width = `${width}px`
    for (const [fault, bar] of bars) {
      const [left, right] = [xOf(fault.injectedMs), xOf(fault.healedMs)]
      bar.style.left = `${left}px`
      bar.style.width = `${right - left}px`
      bar.style.setProperty(
        '--tail',
        `${fault.recoveryMs === null ? 0 : xOf(fault.healedMs + fault.recoveryMs) - right}px`,
      )
    }
  }

  function walk(event, fault) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape') pin(undefined)
    if (!step) return
    event.preventDefault()
    const next = faults[faults.indexOf(fault) + step]
    if (!next) return
    bars.get(fault).tabIndex = -1
    bars.get(next).tabIndex = 0
    bars.get(next).focus()
    if (pinned) pin(next)
  }

  // --------------------------------------------------------------------------------------------- what is told

  function recoveryOf({ recoveryMs }) {
    return recoveryMs === null
      ? 'The traffic ended before it had recovered.'
      : `Normal again ${duration(recoveryMs)} later.`
  }

  const tell = (name, text, className = '') =>
    Object.assign(document.createElement(name), { textContent: text, className })

  function mark(fault) {
    if (fault === marked) return
    bars.get(marked)?.classList.remove('on')
    marked = fault
    bars.get(marked)?.classList.add('on')
    throughput.redraw(false)
    latency.redraw(false)
    card.hidden = !fault
    if (!fault) return
    card.className = `card kind-${fault.kind}`
    const lasted = duration(fault.healedMs - fault.injectedMs)
    const times = `At ${clock(fault.injectedMs / 1000)}, for ${lasted}. ${recoveryOf(fault)}`
    card.replaceChildren(
      tell('h3', fault.name),
      tell('p', fault.what),
      tell('p', times, 'times'),
      tell('p', fault.expectation),
    )
    const bar = bars.get(fault).getBoundingClientRect()
    const left = Math.min(Math.max(8, bar.left - 20), innerWidth - 360)
    card.style.left = `${left + scrollX}px`
    card.style.top = `${bar.bottom + scrollY + 12}px`
  }

  function pin(fault) {
    pinned = fault
    mark(fault)
  }

  function showSecond(plot) {
    const { idx, left } = plot.cursor
    rule.hidden = idx === null || idx === undefined || left < 0
    if (rule.hidden) return readout.replaceChildren()
    rule.style.left = `${GUTTER + left}px`
    const at = run.at[idx]
    const under = faults.filter(({ injectedMs, healedMs }) => injectedMs < (at + 1) * 1000 && healedMs > at * 1000)
    const latencies =
      run.p95Ms[idx] === null
        ? ''
        : `, half within ${duration(run.p50Ms[idx])}, 95 % within ${duration(run.p95Ms[idx])}`
    const rest = [
      `  ${run.decided[idx]} checkouts${latencies}; ${run.others[idx]} other requests`,
      ...(run.failures[idx] > 0 ? [`, ${run.failures[idx]} failed sends`] : []),
      ...(under.length > 0 ? [` · ${under.map(({ name }) => name).join(' + ')}`] : []),
    ]
    readout.replaceChildren(tell('b', clock(at)), rest.join(''))
  }

  function pick(name) {
    pickedName = pickedName === name ? undefined : name
    for (const button of document.querySelectorAll('[data-fault]'))
      button.setAttribute('aria-pressed', String(button.dataset.fault === pickedName))
    lanes.classList.toggle('picking', pickedName !== undefined)
    for (const [fault, bar] of bars) bar.classList.toggle('picked', fault.name === pickedName)
    throughput.redraw(false)
    latency.redraw(false)
    if (pickedName !== undefined) element('timeline').scrollIntoView({ behavior: 'smooth' })
  }

  // --------------------------------------------------------------------------------------------------- zoom

  function zoomTo(from, to) {
    const width = Math.min(Math.max(to - from, 5), wholeS)
    view.from = Math.min(Math.max(0, from), wholeS - width)
    view.to = view.from + width
    pin(undefined)
    draw()
  }

  function draw() {
    for (const plot of [throughput, latency]) plot.setScale('x', { min: view.from, max: view.to })
    placeBars()
  }

  function zoomToSelection(plot) {
    if (plot.select.width < 4) return
    zoomTo(plot.posToVal(plot.select.left, 'x'), plot.posToVal(plot.select.left + plot.select.width, 'x'))
  }

  function zoomBy(factor, around = (view.from + view.to) / 2) {
    zoomTo(around - (around - view.from) * factor, around + (view.to - around) * factor)
  }

  element('zoom-in').addEventListener('click', () => zoomBy(0.5))
  element('zoom-out').addEventListener('click', () => zoomBy(2))
  element('zoom-all').addEventListener('click', () => zoomTo(0, wholeS))
  for (const plot of [throughput, latency]) {
    plot.over.addEventListener('dblclick', () => zoomTo(0, wholeS))
    plot.over.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return
        event.preventDefault()
        zoomBy(event.deltaY > 0 ? 1.25 : 0.8, plot.posToVal(event.offsetX, 'x'))
      },
      { passive: false },
    )
  }
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && pin(undefined))
  for (const button of document.querySelectorAll('[data-fault]'))
    button.addEventListener('click', () => pick(button.dataset.fault))

  // ---------------------------------------------------------------------------------------- width, colours, paper

  function fit() {
    for (const plot of [throughput, latency]) plot.setSize({ width: plots.clientWidth, height: plot.height })
    draw()
  }
  new ResizeObserver(fit).observe(plots)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', fit)
  addEventListener('beforeprint', () => {
    document.documentElement.dataset.print = 'yes'
    fit()
  })
  addEventListener('afterprint', () => {
    delete document.documentElement.dataset.print
    fit()
  })
  draw()
}
