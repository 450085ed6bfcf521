/** What gets into the middle of a line from elsewhere: another line of monitor, or another program's words in the same stream. */

/** Beginnings of monitor's lines, anywhere but at the beginning. */
const SECOND_LINE =
  /.(?:Policy verdict log: |xx drop \(|(?:->|<-|\?\?) (?:Request|Response|Sample) \S+ (?:from|to) \d+ \(|unknown trace |(?:->|<-) (?:load-balancer |proxy port )?[^\s/:]{1,15}: \[?[0-9a-f.:]+\]?(?::\d+)? -> |(?:->|<-) [a-z][a-z0-9 ]* {1,2}flow 0x|CPU \d{2,4}: |>> [A-Z][A-Za-z ]*: |\{"(?:cpu|type)":"|\}[A-Za-z0-9]+\t\{|[^-]-{60})/;

/** kubectl, client-go's log, the container runtime, and Cilium's own log. */
const OTHER_PROGRAM =
  /Unable to use a TTY - |Defaulted container |[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+\.go:\d+\]|rror: error |error reading from error stream|websocket: close \d|command terminated with exit code|disconnecting from monitor|level=[a-z]+ (?:msg|error)=/;

export function holdsSecondLine(text: string): boolean {
  return SECOND_LINE.test(text);
}

export function holdsOtherProgram(text: string): boolean {
  return OTHER_PROGRAM.test(text);
}
