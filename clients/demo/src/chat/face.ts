import { hueOf } from "../shared/friendly.ts";

/** A round face with initials, in the colour of the name. */
export function face(name: string): HTMLElement {
  const face = document.createElement("span");
  face.className = "face";
  face.ariaHidden = "true";
  face.textContent = initials(name);
  face.style.setProperty("--face", `oklch(0.56 0.14 ${hueOf(name)})`);
  return face;
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "");
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return letters.join("").toUpperCase();
}
