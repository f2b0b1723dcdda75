'use client'
// What a route is told of, and when: the same in adding and in editing.
import { FlagSeverity } from '../../server/protocol/flag.ts'
import { type NotificationRouteView, OccasionAbout } from '../../server/protocol/notification-view.ts'
import { Field, inputClass } from '../settings/section.tsx'
import { aboutName } from './notification-words.ts'

type Coverage = Pick<NotificationRouteView, 'minSeverity' | 'abouts' | 'afterMinutes'>
export const wholeCoverage: Coverage = { minSeverity: 'high', abouts: OccasionAbout.options, afterMinutes: 0 }

export function CoverageFields({ now }: { now: Coverage }) {
  return (
    <>
      <fieldset className="col-span-full min-w-0">
        <legend className="mb-1 text-sm text-muted">Told when</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-1">
          {OccasionAbout.options.map((about) => (
            <label key={about} className="flex h-7 items-center gap-1.5 max-md:h-11">
              <input
                type="checkbox"
                name="about"
                value={about}
                defaultChecked={now.abouts.includes(about)}
                className="size-3.5 accent-info"
              />
              {aboutName[about]}
            </label>
          ))}
        </div>
      </fieldset>
      <Field label="From this severity on">
        {(ties) => (
          <select {...ties} name="minSeverity" defaultValue={now.minSeverity} className={inputClass}>
            {FlagSeverity.options.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="After minutes without anybody" hint="0: at once. More makes it the route that is told next.">
        {(ties) => (
          <input
            {...ties}
            name="afterMinutes"
            type="number"
            min={0}
            max={1440}
            required
            defaultValue={now.afterMinutes}
            className={inputClass}
          />
        )}
      </Field>
    </>
  )
}

export function coverageOf(form: FormData) {
  return {
    minSeverity: String(form.get('minSeverity')),
    abouts: form.getAll('about').map(String),
    afterMinutes: Number(form.get('afterMinutes')),
  }
}
