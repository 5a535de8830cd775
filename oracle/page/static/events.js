// Server-sent events over fetch, because the browser's own EventSource cannot send the session's token.

/** Takes pieces of the stream as they arrive; returns the events that are complete. */
export function parser() {
  let buffer = "";
  return (piece) => {
    buffer += piece;
    const blocks = buffer.split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    return blocks.map(event).filter((found) => found !== null);
  };
}

function event(block) {
  const found = { id: null, kind: "message", data: [] };
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith(":")) continue;
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "id") found.id = value;
    if (name === "event") found.kind = value;
    if (name === "data") found.data.push(value);
  }
  if (found.data.length === 0) return null;
  return { id: found.id, kind: found.kind, data: JSON.parse(found.data.join("\n")) };
}

/** Follows the stream for ever: after a break it goes on from the last event it heard. */
export async function follow(url, headers, hear, tell, signal) {
  let last = null;
  let wait = 500;
  while (!signal.aborted) {
    try {
      const resume = last === null ? {} : { "Last-Event-ID": last };
      const response = await fetch(url, { headers: { ...headers, ...resume }, signal, cache: "no-store" });
      if (!response.ok) throw new Error(`the stream answers ${response.status}`);
      tell(true);
      wait = 500;
      const read = parser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const found of read(value)) {
          last = found.id ?? last;
          hear(found);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    tell(false);
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 8000);
  }
}
