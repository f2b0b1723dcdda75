'use client'
// Under the table: what the fleet's GPUs do and where its sessions talk to, side by side from 1280 px on and one above the other below.
// Each panel is a component without props; while there is none there is no place for it either.

export function LiveLower() {
  return null
}
