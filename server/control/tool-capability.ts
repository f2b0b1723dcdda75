// Which capability a tool call needs, by the tool's name as agent frameworks give it. A name that is not known here is never
// guessed at: `decideAtGate` fails closed for it.
import type { Capability } from '../protocol/control.ts'

/** `none`: known to touch nothing outside the agent itself. `unknown`: nobody here can say. */
export type ToolClass = Extract<Capability, 'shell' | 'files' | 'network'> | 'none' | 'unknown'

const namesOf: Record<Exclude<ToolClass, 'unknown'>, readonly string[]> = {
  shell: [
    // Claude Code
    ...['bash', 'bashoutput', 'killshell', 'killbash'],
    // OpenHands
    ...['execute_bash', 'execute_ipython_cell', 'ipython', 'cmdrunaction', 'ipythonruncellaction', 'terminal'],
    // SWE-agent, mini-swe-agent and generic
    ...['shell', 'sh', 'zsh', 'run', 'exec', 'execute', 'command', 'run_command', 'run_shell', 'run_shell_command'],
    ...['execute_command', 'execute_shell', 'shell_command', 'local_shell', 'run_terminal_cmd', 'run_in_terminal'],
    ...['python', 'run_python', 'execute_python', 'execute_code', 'code_interpreter', 'code_execution', 'powershell'],
  ],
  files: [
    // Claude Code
    ...['read', 'write', 'edit', 'multiedit', 'glob', 'grep', 'ls', 'notebookread', 'notebookedit'],
    // OpenHands, SWE-agent
    ...['str_replace_editor', 'str_replace_based_edit_tool', 'file_editor', 'edit_file', 'open', 'create', 'goto'],
    ...['fileeditaction', 'filereadaction', 'filewriteaction', 'find_file', 'search_dir', 'search_file', 'apply_patch'],
    ...['scroll_up', 'scroll_down', 'insert', 'undo_edit', 'view'],
    // generic
    ...[
      'file',
      'files',
      'read_file',
      'write_file',
      'create_file',
      'delete_file',
      'move_file',
      'list_files',
      'list_dir',
    ],
    ...['list_directory', 'search_files', 'grep_search', 'file_search', 'replace_in_file', 'write_to_file', 'notebook'],
  ],
  network: [
    ...['webfetch', 'websearch', 'web_fetch', 'web_search', 'fetch', 'http', 'http_request', 'curl', 'wget', 'request'],
    ...['browser', 'browse', 'browser_use', 'browseurlaction', 'browseinteractiveaction', 'browser_navigate'],
    ...['browser_action', 'open_url', 'search_web', 'google_search'],
  ],
  none: [
    ...['think', 'finish', 'submit', 'agentfinishaction', 'agentthinkaction', 'todowrite', 'todoread', 'task_tracker'],
    ...['exitplanmode', 'exit_plan_mode', 'enterplanmode', 'askuserquestion', 'request_condensation'],
  ],
}

const classOfName: ReadonlyMap<string, ToolClass> = new Map(
  Object.entries(namesOf).flatMap(([tool, names]) => names.map((name) => [name, tool as ToolClass] as const)),
)

/** Upper and lower case alike; nothing else is made equal, so that a look-alike name stays unknown. */
export function capabilityOf(tool: string): ToolClass {
  return classOfName.get(tool.toLowerCase()) ?? 'unknown'
}
