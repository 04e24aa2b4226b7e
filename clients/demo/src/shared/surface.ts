/** Colours that a drawing takes from the page's theme. */
export interface Palette {
  readonly paper: string;
  readonly floor: string;
  readonly grid: string;
  readonly edge: string;
  readonly ink: string;
  readonly quiet: string;
  readonly ember: string;
  readonly isDark: boolean;
}

/** A canvas that keeps to its size on the page, to the screen's pixels and to the theme. */
export class Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width = 0;
  height = 0;
  palette: Palette;

  constructor(readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser has no 2D canvas");
    this.context = context;
    this.palette = readPalette();
    new ResizeObserver(() => this.#fit()).observe(canvas);
    DARK.addEventListener("change", () => {
      this.palette = readPalette();
    });
    this.#fit();
  }

  /** Clears all, and lets one unit be one CSS pixel. */
  begin(): CanvasRenderingContext2D {
    const ratio = devicePixelRatio;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    return this.context;
  }

  #fit(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.width = clientWidth;
    this.height = clientHeight;
    this.canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.canvas.height = Math.round(clientHeight * devicePixelRatio);
  }
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Whether decoration is to keep still. */
export const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** The colour of somebody with this hue. */
export function tint(hue: number, { isDark }: Palette, alpha = 1): string {
  return isDark ? `oklch(0.76 0.15 ${hue} / ${alpha})` : `oklch(0.64 0.18 ${hue} / ${alpha})`;
}

function readPalette(): Palette {
  // `light-dark()` inside a custom property is only resolved where a colour is used.
  const probe = document.body.appendChild(document.createElement("i"));
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    paper: color("paper"),
    floor: color("floor"),
    grid: color("grid"),
    edge: color("edge"),
    ink: color("ink"),
    quiet: color("quiet"),
    ember: color("ember"),
    isDark: DARK.matches,
  };
  probe.remove();
  return palette;
}
