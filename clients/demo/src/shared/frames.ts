/** Calls `draw` before each repaint, for as long as the page is open. */
export function eachFrame(draw: (now: number, elapsedMs: number) => void): void {
  let before = performance.now();
  const frame = (now: number) => {
    draw(now, now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
