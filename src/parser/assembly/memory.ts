/** Where everything is in the memory of the kernel: fixed places, each as large as it will ever be. */

/** Where the caller puts lines; longer input comes in pieces. */
export const INPUT: u32 = 0x40_0000;
export const INPUT_BYTES: u32 = 0x2_0000;
/** Refused packets in the order of their lines: name and meaning, high and low word of the flow key. */
export const DENIED: u32 = 0x1a_0000;
export const DENIED_BYTES: u32 = 12;
export const MOST_DENIED: u32 = 8_192;
/** Verdicts that differ in nothing that is counted: the last of its four words says how many came. */
export const CELLS: u32 = 0x20_0000;
export const CELL_BYTES: u32 = 16;
export const FIRST_SLOTS: u32 = 0x1_0000;
export const MOST_SLOTS: u32 = 0x2_0000;
/** Those that no line was read for: the caller is told, in the order of their lines. */
export const NEWS: u32 = 0x48_1000;
export const MOST_NEWS: u32 = 4_096;
/** A text of up to 16 bytes, what it stands for, and its length. */
export const SHORT_BYTES: u32 = 32;
export const SHORT_SLOTS: u32 = 64;
export const TAILS: u32 = 0x1000;
export const WORDS: u32 = 0x2000;
export const HOSTS: u32 = 0x4000;
export const MOST_HOSTS: u32 = 256;
export const HOST_BYTES: u32 = 32;
export const SOURCE: u32 = 0x3800;
export const DESTINATION: u32 = 0x3810;
export const GROUPS: u32 = 0x3820;
export const NIBBLES: u32 = 0x3840;
/** As many bytes of ones as a text may have, and then as many of zeros. */
export const ADDRESS_TEXT_BYTES: u32 = 48;
export const ADDRESS_MASKS: u32 = 0x3880;
export const NAMES: u32 = 0x1_0000;
export const NAME_SLOTS: u32 = 256;
export const DECISIONS: u32 = 0x2_0000;
export const DECISION_SLOTS: u32 = 1_024;
/** A name or decision: four words of what it means, then its text. */
export const ENTRY_BYTES: u32 = 128;
export const TEXT: u32 = 16;
export const V4: u32 = 0x6_0000;
export const V6: u32 = 0xa_0000;
/** The text of an address up to its bracket, with zeros behind it, and the address. */
export const KNOWN_V6: u32 = 0x42_1000;
export const KNOWN_V6_BYTES: u32 = 64;
/** Of a hash of 64 bits the upper twelve say which of 4096 entries: lower ones know nothing of the upper letters. */
export const KNOWN_SHIFT: u64 = 52;
export const KNOWN_V4: u32 = 0x46_1000;
export const KNOWN_V4_BYTES: u32 = 32;
/** Where whoever reads a file may put its bytes, so that they are not copied. */
export const ROOM: u32 = 0x49_0000;
export const ROOM_BYTES: u32 = 0x4_0000;
