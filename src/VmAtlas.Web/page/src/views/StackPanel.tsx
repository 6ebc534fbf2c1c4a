import { useEffect, useRef, useState } from "preact/hooks";
import type { SourceText, StackFrame } from "../api/answers";
import type { Controller } from "../ui/controller";
import { messageOf } from "../ui/controller";

interface Asked {
  readonly file: string;
  readonly line: number;
}

/** The calls that led to an allocation, the one that asked first, and the source of one of them where it lies on the machine of vmatlas. */
export function StackPanel({ app, session, program, site }: { app: Controller; session: number; program: number; site: number | undefined }) {
  const [stack, setStack] = useState<readonly StackFrame[]>([]);
  const [asked, setAsked] = useState<Asked>();
  const { names } = app.store.value;
  useEffect(() => {
    let wanted = true;
    setAsked(undefined);
    setStack([]);
    if (site === undefined || site === 0) return;
    void app.attempt("view", async () => {
      const frames = await app.source.stack(session, program, site);
      if (wanted) setStack(frames);
    });
    return () => {
      wanted = false;
    };
  }, [app, session, program, site, names]);
  return (
    <aside class="stack" aria-label="Call stack">
      {site === undefined ? (
        <p class="hint">Select a row to see who asked for it.</p>
      ) : site === 0 ? (
        <p class="hint">No call stack was taken.</p>
      ) : (
        <ol tabIndex={0} aria-label="Calls, the innermost first">
          {stack.map((frame, i) => (
            <Frame key={i} frame={frame} asked={asked} onAsk={app.readOnly ? undefined : setAsked} />
          ))}
        </ol>
      )}
      {asked !== undefined && <Source app={app} session={session} program={program} asked={asked} />}
    </aside>
  );
}

function Frame({ frame, asked, onAsk }: { frame: StackFrame; asked: Asked | undefined; onAsk: ((asked: Asked) => void) | undefined }) {
  const { file, line, module, inlined } = frame;
  const place = file === null ? "" : `${file.slice(file.lastIndexOf("/") + 1)}:${line ?? "?"}`;
  return (
    <li class={inlined ? "inlined" : ""}>
      <span class="function" title={frame.function}>
        {frame.function}
      </span>{" "}
      {file !== null && onAsk !== undefined && line !== null ? (
        <button type="button" class="link" title={file} aria-pressed={asked?.file === file && asked.line === line} onClick={() => onAsk({ file, line })}>
          {place}
        </button>
      ) : (
        <span title={file ?? ""}>{place}</span>
      )}{" "}
      <span class="muted" title={module ?? ""}>
        {inlined ? "inlined" : module === null ? "" : module.slice(module.lastIndexOf("/") + 1)}
      </span>
    </li>
  );
}

function Source({ app, session, program, asked }: { app: Controller; session: number; program: number; asked: Asked }) {
  const [text, setText] = useState<SourceText | string>();
  const place = useRef<HTMLDivElement>(null);
  const { file, line } = asked;
  useEffect(() => {
    let wanted = true;
    setText(undefined);
    const query = `file=${encodeURIComponent(file)}&line=${line}`;
    app.server.getJson<SourceText>(`/api/sessions/${session}/traces/${program}/source?${query}`).then(
      (answer) => wanted && setText(answer),
      (error: unknown) => wanted && setText(messageOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [app, session, program, file, line]);
  useEffect(() => place.current?.querySelector(".here")?.scrollIntoView({ block: "center" }), [text]);
  if (text === undefined) return null;
  if (typeof text === "string")
    return (
      <p class="hint" role="status">
        {text}
      </p>
    );
  return (
    <div class="source" ref={place} tabIndex={0} role="region" aria-label={`${file}, line ${line}`}>
      {text.lines.map((code, i) => (
        <div key={i} class={text.first + i === line ? "here" : ""}>
          <span class="muted">{text.first + i}</span>
          {code}
        </div>
      ))}
      {text.more && <p class="hint">…</p>}
    </div>
  );
}
