// Version of the socket messages. `wire-version.test.ts` fails when a message changes and this does not.
export const wireVersion = 9
