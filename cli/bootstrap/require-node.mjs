// Imported first by every command here, so that an old Node is told so before it meets syntax or packages it cannot read.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `vigil: Node ${process.versions.node} is too old. Install Node 20.19 or newer, then run the command again.`,
  )
  process.exit(1)
}
