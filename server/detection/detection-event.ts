// What detection looks at: one flat record per thing that happened, with the field names that Sigma rules use. Whoever holds events, commands
// or recordings turns them into these; rules and detectors know nothing else. Every text in it may be written by the agent.
import type { Trust } from '../protocol/trust.ts'

/** Our log sources. SigmaHQ's `linux/process_creation` is answered by `command` and `process`, `network_connection` by `connection`. */
export const logSources = [
  /** A tool call as a whole: Tool, Input, Summary. */
  'action',
  /** One simple command of a tool call, wrappers undone, words resolved: see `shell/shell-reading.ts`. */
  'command',
  /** Code or data that a command carries: `python -c`, a heredoc, what a base64 pipeline decodes to. */
  'content',
  /** A process as the host saw it. */
  'process',
  'file',
  /** A file that a network sensor saw pass, by whatever protocol it reads. */
  'transfer',
  'connection',
  'dns',
  /** Another sensor's alert, or a fault that a GPU's driver reports. */
  'alert',
  /** Somebody proved who they are, or tried to: as a host's audit or a network sensor saw it. */
  'login',
  'gpu',
  /** What a connection moved since it was last read: open ones move bytes long before anybody sees their end. */
  'traffic',
  /** What the training framework says of its own progress. */
  'trainer',
  /** Whether those who should be heard are heard: probes, agents, the log itself, when a session begins and ends, and what the gate answered. */
  'telemetry',
] as const
export type LogSource = (typeof logSources)[number]

export type FieldValue = string | number | boolean | null | readonly string[]
/** Absent and undefined are the same: the field is not there. */
export type Fields = { readonly [field: string]: FieldValue | undefined }

export type DetectionEvent = {
  source: LogSource
  atMs: number
  /** Undefined where nobody knows whose it is. */
  session: string | undefined
  host: string | undefined
  /** The tool call it belongs to. */
  call: string | undefined
  fields: Fields
  /** Who vouches for it; absent where it comes from no log (a command line, a recording). Detectors learn nothing normal from `agent`. */
  trust?: Trust | undefined
  /** Why it was not understood to its end; undefined when it was. */
  notFully: string | undefined
}

/*
Fields by log source. Names of Sigma's taxonomy where it has one; lists match when one of their values does.
action      Tool, Input, Summary
command     Image (`/usr/bin/ssh`: a bare name is given `/usr/bin/`, so that `|endswith: '/ssh'` works), CommandLine (argv joined by one space, as the
            shell would run it, redirections left out), Args (list: argv without its first), ParentImage and ParentCommandLine (the wrapper or
            interpreter around it, else the shell), User (`root` behind sudo), CurrentDirectory (where known by `cd`), Wrappers (list: `sudo`, `nohup`, …),
            RunsOn (`host`, `container` or the ssh destination), Background (boolean), PipedFrom and PipedInto (lists: CommandLines of the
            commands before and after it in the pipeline), WritesTo and ReadsFrom (lists: redirection targets), AppendsTo (list: those of WritesTo
            whose content stays, by `>>`), Assigns (list: `NAME=value` before
            it), Text (the tool call's whole text, bounded)
content     Language (`python`, `perl`, `ruby`, `node`, `php`, `sh`, `sql`, `text`), Text, Origin (`argument`, `heredoc`, `herestring`, `base64`, `hex`, `echo`),
            Image and CommandLine of the command that carries it, WritesTo, AppendsTo (those of WritesTo whose content stays)
process     Image, CommandLine, Args, ParentImage, ParentCommandLine, User, ProcessId, CurrentDirectory
file        TargetFilename, Operation (`read`, `write`, `delete`, `rename`, `chmod`), Image, CommandLine
transfer    Name (as the protocol told it: a path of a URL), MimeType, SizeBytes, SourceIp, DestinationIp, DestinationPort, DestinationScope
connection  DestinationIp, DestinationPort, SourceIp, SourcePort, Protocol (`tcp`, `udp`, `icmp`), Direction (`out`, `in`, `unknown`), Initiated, Image,
            DestinationScope (`loopback`, `private`, `link-local`, `metadata`, `documentation`, `public`), Application, BytesOut, BytesIn, DurationMs,
            Refused (boolean: denied, reset or dropped), Unanswered (boolean: no packet came back), Ended (boolean: the end of one that was
            told when it opened), DestinationHostname, OneSided (boolean: TCP on which the far side sent nothing but acknowledgements),
            ClientVersion and ServerVersion (banners of ssh), CertificateSubject and CertificateIssuer (of tls)
dns         QueryName, QueryType, Answers (list), Image
alert       Sensor, Signature, SignatureId, Category, Techniques (list: ATT&CK ids and tactics as the sensor gave them), Severity, Action, DestinationIp,
            DestinationPort, DestinationScope, SourceIp, Protocol, Application, Image
login       What (in the sensor's words: `USER_AUTH`, `ssh`), User, Outcome (`ok`, `failed`, `unknown`), SourceIp (whence), DestinationIp,
            DestinationScope, Image
gpu         Gpu, UtilizationPercent, MemoryUsedBytes, MemoryTotalBytes, PowerWatts, Image (of a process on it), OnTask (boolean, absent where unknown),
            ExpectedUser, ActualUser
traffic     DestinationIp, DestinationPort, DestinationScope, DestinationHostname, Protocol, BytesOut, BytesIn, PacketsOut (each since the last reading),
            DurationMs (since it opened), Open (boolean)
trainer     Phase, Step, Worker
telemetry   Stream (`probe`, `agent`, `log`, `session`, `gate`), State (`connected`, `lost`, `started`, `ended`, `heard`, `call-ended`, `gap`; of the
            gate `allowed`, `denied`, `held`), Reason, Count, Tool and Outcome (of a call: `ok`, `error`, `denied`, `unknown`)
*/
