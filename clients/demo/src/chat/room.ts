import type { Room } from "@downbeat/client";
import type { ChatRoom } from "../rooms.ts";

/** The room's inputs and events, as `engine/src/rooms/chat.rs` has them. */
export type Chat = ChatRoom<
  { say: { text: string }; typing: void },
  { typing: { session: number | bigint } }
>;

export type Channel = Room<Chat>;
