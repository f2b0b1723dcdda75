'use client'
// Where a new route leads, per channel. What is secret is typed once and never comes back.
import type { ComponentProps } from 'react'
import type { NotificationKind } from '../../server/protocol/notification-view.ts'
import { Field, inputClass } from '../settings/section.tsx'

type TextProps = { label: string; hint?: string } & ComponentProps<'input'>

function Text({ label, hint, ...input }: TextProps) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(ties) => <input {...ties} autoComplete="off" className={inputClass} {...input} />}
    </Field>
  )
}

export function TargetFields({ kind }: { kind: NotificationKind }) {
  if (kind === 'slack')
    return (
      <div className="col-span-full">
        <Text
          key="slack"
          label="Address of the incoming webhook"
          hint="It is a secret: kept, and not shown again."
          name="url"
          type="url"
          required
          placeholder="https://hooks.slack.com/services/…"
        />
      </div>
    )
  if (kind === 'webhook')
    return (
      <div className="col-span-full">
        <Text
          key="webhook"
          label="Address that is posted to"
          hint="Signed as Standard Webhooks say; the signing secret is shown once after this."
          name="url"
          type="url"
          required
          placeholder="https://desk.example/hooks/vigil"
        />
      </div>
    )
  if (kind === 'pagerduty')
    return (
      <>
        <Text
          label="Integration key of a service (Events API v2)"
          hint="It is a secret: kept, and not shown again."
          name="routingKey"
          type="password"
          required
          minLength={8}
        />
        <Text
          key="pagerduty"
          label="Address of the Events API (optional)"
          hint="For accounts in the EU: https://events.eu.pagerduty.com/v2/enqueue"
          name="url"
          type="url"
        />
      </>
    )
  return (
    <>
      <Text label="Mail server" name="host" required placeholder="smtp.example.com" />
      <div className="grid grid-cols-2 gap-x-4">
        <Text label="Port" name="port" type="number" min={1} max={65535} required defaultValue={587} />
        <Field label="Encryption">
          {(ties) => (
            <select {...ties} name="security" defaultValue="starttls" className={inputClass}>
              <option value="starttls">STARTTLS</option>
              <option value="tls">TLS</option>
              <option value="none">none</option>
            </select>
          )}
        </Field>
      </div>
      <Text label="User (optional)" name="user" />
      <Text
        label="Password (optional)"
        hint="Kept, and not shown again."
        name="password"
        type="password"
        autoComplete="new-password"
      />
      <Text label="From" name="from" type="email" required placeholder="vigil@example.com" />
      <Text label="To" hint="Several: with commas between." name="to" required placeholder="on-call@example.com" />
    </>
  )
}

export function targetOf(kind: NotificationKind, form: FormData): object {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const optional = (name: string) => (text(name) === '' ? {} : { [name]: text(name) })
  if (kind === 'slack' || kind === 'webhook') return { kind, url: text('url') }
  if (kind === 'pagerduty') return { kind, routingKey: text('routingKey'), ...optional('url') }
  return {
    kind,
    host: text('host'),
    port: Number(text('port')),
    security: text('security'),
    ...optional('user'),
    ...optional('password'),
    from: text('from'),
    to: text('to')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  }
}
