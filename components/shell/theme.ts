// The operator's theme: a cookie, so that the server's first byte already has it and no inline script is needed.
export const themes = ['dark', 'light', 'system'] as const
export type Theme = (typeof themes)[number]
export const themeCookie = 'vigil-theme'
/** See times.ts. */
export const timesCookie = 'vigil-times'

export function themeOf(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'dark'
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox ESR and Safari
  document.cookie = `${themeCookie}=${theme}; path=/; max-age=31536000; samesite=lax`
}
