import type { CloseReason, LeaveReason } from "../close.js";
import type { DownbeatError } from "../errors.js";
import { type Report, Signal } from "../signal.js";
import type { PatchStamp } from "./types.js";

/** Those who listen to a room, but for its state and its events. */
export class RoomSignals {
  readonly drop: Signal<[reason: CloseReason]>;
  readonly reconnect: Signal<[]>;
  readonly leave: Signal<[reason: LeaveReason]>;
  readonly error: Signal<[error: DownbeatError]>;
  readonly patch: Signal<[stamp: PatchStamp]>;
  readonly send: Signal<[number: number, name: string, payload: unknown]>;

  constructor(report: Report) {
    this.drop = new Signal(report);
    this.reconnect = new Signal(report);
    this.leave = new Signal(report);
    this.error = new Signal(report);
    this.patch = new Signal(report);
    this.send = new Signal(report);
  }
}
