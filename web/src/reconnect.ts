// How long to wait before the next try: 1, 2, 4 … 30 seconds, each with some chance in it, so that a thousand pages
// do not come back in the same moment.

const FIRST_MS = 1_000;
const MOST_MS = 30_000;

export function waitBefore(tries: number, dice: number = Math.random()): number {
  const whole = Math.min(FIRST_MS * 2 ** tries, MOST_MS);
  return whole * (0.75 + dice / 2);
}

/** Wait so long, or until the line is back or somebody looks at the page again. */
export function waitOrWake(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      document.removeEventListener("visibilitychange", seen);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const seen = () => {
      if (document.visibilityState === "visible") done();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    document.addEventListener("visibilitychange", seen);
    stop.addEventListener("abort", done);
  });
}
