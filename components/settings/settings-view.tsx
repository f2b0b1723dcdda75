'use client'
// The room of settings, in the order in which they are needed.
import { useWatch } from '../live/live-context.tsx'
import { NotificationSettings } from '../notifications/notification-settings.tsx'
import { KeySettings } from './key-settings.tsx'
import { OperatorSettings } from './operator-settings.tsx'
import { RetentionSettings } from './retention-settings.tsx'
import { SecondFactorSettings } from './second-factor-settings.tsx'
import { SingleSignOnSettings } from './single-sign-on-settings.tsx'
import { TwoPeopleSettings } from './two-people-settings.tsx'
import { WallSettings } from './wall-settings.tsx'
import { WebhookSettings } from './webhook-settings.tsx'

export function SettingsView() {
  // The banner and the policies live on the same socket as everything else.
  useWatch({ view: 'live' })
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-4xl px-4 py-5 max-md:px-3">
        <SecondFactorSettings />
        <SingleSignOnSettings />
        <TwoPeopleSettings />
        <OperatorSettings />
        <NotificationSettings />
        <WebhookSettings />
        <KeySettings />
        <WallSettings />
        <RetentionSettings />
      </div>
    </div>
  )
}
