// Two falling tones, made here: no file to load. A browser lets a page sound only after a click in it.
let context: AudioContext | undefined

/** True where this tab may sound. Asked in a click it makes so; asked otherwise it only says. */
export async function allowSound(): Promise<boolean> {
  if (typeof AudioContext === 'undefined') return false
  context ??= new AudioContext()
  if (context.state === 'suspended') {
    // Without a click this never resolves.
    await Promise.race([context.resume().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 300))])
  }
  return maySound()
}

export function maySound(): boolean {
  return context?.state === 'running'
}

/** False where it could not. */
export function sound(): boolean {
  if (context?.state !== 'running') return false
  const start = context.currentTime
  for (const [at, hertz] of [
    [0, 880],
    [0.18, 660],
    [0.5, 880],
    [0.68, 660],
  ] as const) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0, start + at)
    volume.gain.linearRampToValueAtTime(0.25, start + at + 0.01)
    volume.gain.exponentialRampToValueAtTime(0.001, start + at + 0.17)
    tone.connect(volume).connect(context.destination)
    tone.start(start + at)
    tone.stop(start + at + 0.18)
  }
  return true
}
