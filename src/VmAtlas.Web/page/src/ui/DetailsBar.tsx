import { counted } from "../model/format";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { TYPE_NAMES } from "../model/memoryTypes";
import type { Controller } from "./controller";
import type { Completion } from "./controller";
import type { State, View } from "./state";

const WAIT_MS = 120;

/** Above the details: the filter expression, find, and what is shown. */
export function DetailsBar({ app, state, view }: { app: Controller; state: State; view: View }) {
  const { rows } = view;
  return (
    <div class="details-bar">
      <FilterBox app={app} state={state} />
      {state.type !== undefined && (
        <button type="button" class="chip" onClick={() => app.filterType(undefined)} title="Show all types">
          {TYPE_NAMES[state.type]} <span aria-hidden="true">✕</span>
          <span class="unseen">, show all types</span>
        </button>
      )}
      {state.find !== undefined && <FindBox app={app} text={state.find} />}
      <label>
        <input type="checkbox" checked={state.gaps} onChange={() => app.toggleGaps()} /> {rows.signed ? "Unchanged rows" : "Free and unusable"}
      </label>
      <button type="button" onClick={() => app.expandAll(true)}>
        Expand all
      </button>
      <button type="button" onClick={() => app.expandAll(false)}>
        Collapse all
      </button>
      <span class="shown" role="status">
        {counted(rows.visible.length, "row")}
      </span>
    </div>
  );
}

function FilterBox({ app, state }: { app: Controller; state: State }) {
  const [text, setText] = useState(state.expression);
  const [offers, setOffers] = useState<readonly Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(state.expression), [state.expression]);
  useEffect(() => {
    if (text === state.expression) return;
    const wait = setTimeout(() => void app.filterBy(text), WAIT_MS);
    return () => clearTimeout(wait);
  }, [text]);
  const ask = async (): Promise<void> => {
    const element = input.current;
    if (element === null || document.activeElement !== element) return;
    const { value, selectionStart } = element;
    const found = value.trim() === "" ? [] : await app.complete(value, selectionStart ?? value.length);
    if (element.value !== value || document.activeElement !== element) return;
    setOffers(found.filter((offer) => value.slice(offer.start, offer.end) !== offer.text));
    setChosen(-1);
  };
  const take = (offer: Completion): void => {
    const element = input.current;
    if (element === null) return;
    const changed = text.slice(0, offer.start) + offer.text + text.slice(offer.end);
    setText(changed);
    setOffers([]);
    element.value = changed;
    element.setSelectionRange(offer.start + offer.text.length, offer.start + offer.text.length);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && offers.length > 0) setOffers([]);
    else if (event.key === "Escape") setText("");
    else if (event.key === "ArrowDown" && offers.length > 0) setChosen((chosen + 1) % offers.length);
    else if (event.key === "ArrowUp" && offers.length > 0) setChosen(chosen <= 0 ? offers.length - 1 : chosen - 1);
    else if (event.key === "Tab" && offers.length > 0 && !event.shiftKey) take(offers[Math.max(0, chosen)]!);
    else if (event.key === "Enter" && offers[chosen] !== undefined) take(offers[chosen]);
    else if (event.key === "Enter") setOffers([]);
    else return;
    event.preventDefault();
  };
  const failed = state.failure?.where === "filter" ? state.failure.message : undefined;
  return (
    <div class="filter">
      <label>
        Filter:{" "}
        <input
          ref={input}
          type="text"
          id="filter"
          role="combobox"
          aria-expanded={offers.length > 0}
          aria-controls="filter-offers"
          aria-autocomplete="list"
          aria-invalid={failed !== undefined}
          aria-describedby={failed === undefined ? undefined : "filter-failure"}
          placeholder={app.readOnly ? "text in any column" : "type = heap and private > 10M, or any text"}
          spellcheck={false}
          autocomplete="off"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            void ask();
          }}
          onKeyDown={key}
          onBlur={() => setOffers([])}
        />
      </label>
      {offers.length > 0 && (
        <ul id="filter-offers" class="offers" role="listbox" aria-label="Completions">
          {offers.map((offer, i) => (
            <li
              key={offer.text}
              role="option"
              aria-selected={i === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                take(offer);
              }}
            >
              <b>{offer.text}</b> {offer.about}
            </li>
          ))}
        </ul>
      )}
      {failed !== undefined && (
        <span class="filter-failure" id="filter-failure" role="alert">
          {failed}
        </span>
      )}
    </div>
  );
}

function FindBox({ app, text }: { app: Controller; text: string }) {
  const input = useRef<HTMLInputElement>(null);
  // Before the next key arrives, which is meant for it.
  useLayoutEffect(() => input.current?.select(), []);
  return (
    <label class="find">
      Find:{" "}
      <input
        ref={input}
        type="text"
        value={text}
        placeholder="text, or at 7f12ab…"
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => app.setFind(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") app.findNext(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") app.endFind();
          else return;
          event.preventDefault();
        }}
      />
    </label>
  );
}
