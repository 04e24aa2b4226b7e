import "./style/theme.css";
import "./style/page.css";
import "./style/figures.css";
import "./style/table.css";
import "./style/detail.css";
import "./style/captures.css";
import { Captures } from "./captures.ts";
import { Panel } from "./detail/panel.ts";
import { Door } from "./door.ts";
import { Headline } from "./headline.ts";
import { Link } from "./link.ts";
import { Plot } from "./plot/plot.ts";
import type { Monitor } from "./room.ts";
import { RoomTable } from "./rooms/table.ts";
import { Shards } from "./shards.ts";

const headline = new Headline();
const plot = new Plot();
const shards = new Shards();
const panel = new Panel({
  opened: (id) => table.choose(id),
  closed: () => {
    table.choose(undefined);
    table.focus();
  },
});
const table = new RoomTable((id) => panel.open(id));
const door = new Door();
const captures = new Captures(() => door.password);
const link = new Link(door, enter);

/** Shows what the room says from now on. */
function enter(room: Monitor): void {
  const { state } = room;
  const showFigures = () => {
    headline.show(state);
    plot.show(state);
    shards.show(state);
    captures.show(state);
  };
  let isChanged = true;
  const showRooms = () => {
    if (!isChanged) return;
    isChanged = false;
    table.show(state);
    panel.listed(state);
  };
  const change = () => {
    isChanged = true;
  };
  state.rooms.onAdd(change);
  state.rooms.onChange(change);
  state.rooms.onRemove(change);
  // Comes once a second, and with the figures of all tables.
  state.node.onChange(() => {
    link.heard();
    showFigures();
    change();
  });
  room.onPatch(showRooms);
  showFigures();
  showRooms();
  panel.enter(room);
}

void link.enter();
