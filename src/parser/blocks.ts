/**
 * The forms of several lines, put together into one record: a head with a mark, and the layers of its packet.
 *
 * `-v -v` prints a line of dashes, the head, the layers; from 1.8 to 1.13 the layers come before the head. The recorder
 * prints its head, the layers, four dashes. A head is held back until its packet has been read, and no longer.
 */
import type { Capture, Drop, RecorderCapture, Trace } from '../model/datapath-event.ts';
import type { MonitorRecord } from '../model/event.ts';
import { described } from './described-packet.ts';
import { Dissection } from './dissection.ts';
import type { TextLine } from './text-line.ts';

type Head = Capture | Drop | RecorderCapture | Trace;

const SEPARATOR = /^-{5,}$/;
/** 1.19 lacks the newline after it, so what follows is glued to the number. */
const TRACE_ID = /^ ?\[ IP-TRACE-ID=(\d{1,20}?)(?:0{8}  .*|[A-Z].*)?$/;

export class Blocks {
  private readonly emit: (record: MonitorRecord) => void;
  private readonly dissection = new Dissection();
  private held: Head | null = null;
  /** A line of dashes was read, and nothing since but layers. */
  private isOpen = false;
  private hasLayers = false;

  constructor(emit: (record: MonitorRecord) => void) {
    this.emit = emit;
  }

  get isHolding(): boolean {
    return this.held !== null;
  }

  /** The record of the next line that is no verdict. */
  next(record: MonitorRecord, line: TextLine): void {
    if (record.type === 'ignored') {
      // Log lines and blanks get between any two lines.
      if (record.reason === 'detail') this.detail(line.text);
      this.emit(record);
    } else if (line.isHead && isHead(record)) {
      this.head(record, line.layer);
    } else {
      this.finish(record.type !== 'unparsed');
      this.emit(record);
    }
  }

  /** What is held back goes on its way, with its packet if that can be whole. */
  finish(isWhole: boolean): void {
    const { held } = this;
    this.isOpen = false;
    if (held === null) return;
    this.held = null;
    this.emit(isWhole ? this.withPacket(held) : held);
  }

  private detail(text: string): void {
    if (text.startsWith('----')) {
      this.finish(true);
      this.isOpen = SEPARATOR.test(text);
      this.clear();
    } else if (this.held !== null || this.isOpen) {
      this.hasLayers = true;
      this.dissection.add(text);
      this.traceId(text);
    }
  }

  private head(record: Head, layer: string | null): void {
    const { isOpen, hasLayers } = this;
    this.finish(true);
    if (isOpen && hasLayers) {
      this.emit(this.withPacket(record));
    } else if (isOpen || record.type === 'recorder') {
      this.clear();
      this.held = record;
      if (layer !== null) this.dissection.add(layer);
    } else {
      // Without its dashes nothing tells which layers are its own.
      this.emit(record);
    }
  }

  private traceId(text: string): void {
    const { held } = this;
    if (held?.type !== 'drop') return;
    const id = Number(TRACE_ID.exec(text)?.[1]);
    if (Number.isSafeInteger(id)) this.held = { ...held, ipTraceId: id };
  }

  private clear(): void {
    this.hasLayers = false;
    this.dissection.clear();
  }

  private withPacket(head: Head): Head {
    const packet = this.dissection.packet();
    if (packet === null) return head;
    return head.type === 'drop' ? { ...head, ...packet, flowKey: described.flowKey } : { ...head, ...packet };
  }
}

function isHead(record: MonitorRecord): record is Head {
  return record.type === 'drop' || record.type === 'trace' || record.type === 'capture' || record.type === 'recorder';
}
