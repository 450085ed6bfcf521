/** Flows as `hubble observe` prints them for people (`-o compact`, `table`, `dict`): told apart only to say which form can be read. */

/** Cilium hubble/pkg/printer: the verdicts of flow.proto, and policy's own words for some of them. */
const VERDICTS = 'FORWARDED|DROPPED|ERROR|AUDIT(?:ED)?|REDIRECTED|TRACED|TRANSLATED|ALLOWED|DENIED';
/** `Nov 22 19:04:45.981: default/tiefighter:42596 (ID:12530) -> default/deathstar:80 (ID:18031) policy-verdict:… ALLOWED (TCP Flags: SYN)` */
const COMPACT = new RegExp(`^\\S.*: \\S+(?: \\([^)]*\\))? (?:->|<>|<-) \\S+ .*\\b(?:${VERDICTS}) \\(.*\\)$`);
const TABLE = new RegExp(`^(?:(?:TIMESTAMP|NODE) {2,}.* {2,}VERDICT {2,}SUMMARY|\\S.* {2,}(?:${VERDICTS}) {2,}\\S.*)$`);
const DICT = /^ *(?:TIMESTAMP|NODE|SOURCE|DESTINATION|TYPE|VERDICT|SUMMARY): \S/;
/** No flow is longer; looking at what is takes time. */
const LONGEST = 1_000;

export function isHubbleText(text: string): boolean {
  return text.length <= LONGEST && (DICT.test(text) || COMPACT.test(text) || TABLE.test(text));
}
